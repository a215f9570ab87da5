import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { isSignedBy, readSignature } from './github-signature.js';

/** What GitHub's documentation of the partner program has shown as samples over the years, with their public keys. */
const DOCUMENTED = [
  {
    key: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYAGMWO8XgCamYKMJS6jc/qgvSlAdAjPuDPRcXU22YxgBrz+zoN19MzuRyW87qEt9/AmtoNP5GrobzUvQSyJFVw==',
    keyId: 'bcb53661c06b4728e59d897fb6165d5c9cda0fd9cdf9d09ead458168deb7518c',
    signature: 'MEQCIQDaMKqrGnE27S0kgMrEK0eYBmyG0LeZismAEz/BgZyt7AIfXt9fErtRS4XaeSt/AO1RtBY66YcAdjxji410VQV4xg==',
    body: '[{"source":"commit","token":"some_token","type":"some_type","url":"https://example.com/base-repo-url/"}]',
  },
  {
    key: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gPHzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q==',
    keyId: 'f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d',
    signature: 'MEUCIFLZzeK++IhS+y276SRk2Pe5LfDrfvTXu6iwKKcFGCrvAiEAhHN2kDOhy2I6eGkOFmxNkOJ+L2y8oQ9A2T9GGJo6WJY=',
    body: '[{"token":"some_token","type":"some_type","url":"some_url","source":"some_source"}]',
  },
  {
    key: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUqkCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==',
    keyId: '90a421169f0a406205f1563a953312f0be898d3c7b6c06b681aa86a874555f4a',
    signature: 'MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc=',
    body: '[{"token":"some_token","type":"some_type","url":"some_url"}]',
  },
] as const;

const keyOf = (der: string) => createPublicKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'spki' });

async function accepts(sample: (typeof DOCUMENTED)[number], changes: { body?: string | Buffer; key?: string } = {}) {
  const stated = readSignature(sample.keyId, sample.signature);
  if (stated === undefined) throw new Error('the headers cannot be read');
  return isSignedBy(keyOf(changes.key ?? sample.key), Buffer.from(changes.body ?? sample.body), stated.signature);
}

describe('the signature of a report', () => {
  it.each(DOCUMENTED)('accepts the sample of the protocol that was signed with $keyId [GH-01]', async (sample) => {
    expect(await accepts(sample)).toBe(true);
  });

  it('accepts what was signed with a key of our own making [GH-01]', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (const body of [Buffer.alloc(0), Buffer.from('[]'), Buffer.alloc(1_000_000, 7)]) {
      expect(await isSignedBy(publicKey, body, sign('sha256', body, privateKey))).toBe(true);
    }
  });

  it('refuses a body that was read and written again, with the same content [GH-02]', async () => {
    const [sample] = DOCUMENTED;
    const parsed = JSON.parse(sample.body);
    const again = [
      JSON.stringify(parsed, null, 1),
      `${sample.body}\n`,
      ` ${sample.body}`,
      sample.body.replace('/base', '\\/base'),
      JSON.stringify(parsed.map(({ token, ...rest }: { token: string }) => ({ token, ...rest }))),
    ];
    for (const body of again) {
      expect(JSON.parse(body)).toEqual(parsed);
      expect([body, await accepts(sample, { body })]).toEqual([body, false]);
    }
  });

  it('refuses a body of which any bit has changed', async () => {
    const [sample] = DOCUMENTED;
    for (let bit = 0; bit < sample.body.length * 8; bit += 3) {
      const body = Buffer.from(sample.body);
      body.writeUInt8(body.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect([bit, await accepts(sample, { body })]).toEqual([bit, false]);
    }
  });

  it('refuses the right signature under another key', async () => {
    const [first, second] = DOCUMENTED;
    expect(await accepts(first, { key: second.key })).toBe(false);
  });

  it('refuses a signature in another encoding, another algorithm, or none', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const body = Buffer.from('[]');
    const good = sign('sha256', body, privateKey);
    const others = [
      sign('sha256', body, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
      sign('sha384', body, privateKey),
      Buffer.concat([good, Buffer.from([0])]),
      good.subarray(0, -1),
      Buffer.alloc(0),
      Buffer.from('30060201000201 00'.replace(' ', ''), 'hex'),
      Buffer.alloc(72, 0x30),
    ];
    for (const signature of others) expect(await isSignedBy(publicKey, body, signature)).toBe(false);
  });

  it('reads the two headers, and nothing that is not what they hold', () => {
    const { keyId, signature } = DOCUMENTED[0];
    expect(readSignature(keyId, signature)).toEqual({ keyId, signature: Buffer.from(signature, 'base64') });
    for (const other of [undefined, '', 'a b', '../keys', 'a,b', 'x'.repeat(129)]) {
      expect(readSignature(other, signature)).toBeUndefined();
    }
    for (const other of [undefined, '', 'sha256=00', `${signature}, ${signature}`, `${signature}=`, 'A'.repeat(400)]) {
      expect(readSignature(keyId, other)).toBeUndefined();
    }
  });
});
