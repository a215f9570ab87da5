import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN } from '../start.conformance.js';
import { outcomeOf, signedInOf } from './browser.conformance.js';
import { type FederationWorld, openFederationWorld } from './world.conformance.js';

const UNAVAILABLE = { kind: 'refused', code: 'provider_unavailable' };
const TEN_MEGABYTES = 'x'.repeat(10_000_000);

/** What no provider of good faith answers. */
const BAD_ANSWERS: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  'ten megabytes': (response) => response.end(`{"access_token":"${TEN_MEGABYTES}"}`),
  'a gzip bomb': (response) =>
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      .end(gzipSync(`{"access_token":"a","padding":"${TEN_MEGABYTES}"}`)),
  'a body without an end': (response) => response.writeHead(200).write('{"access_token":'),
  'no answer': () => undefined,
  'invalid JSON': (response) => response.end('{"access_token":"a"'),
  'JSON of another form': (response) => response.end('null'),
  'a list': (response) => response.end('["access_token"]'),
  'no token': (response) => response.end('{"token_type":"bearer","expires_in":-1}'),
  'a token that is none': (response) => response.end('{"access_token":{"__proto__":{"isAdmin":true}}}'),
  HTML: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<script>alert(1)</script>'),
  'an error with markup': (response) =>
    response.writeHead(400).end('{"error":"x","error_description":"<script>alert(1)</script>"}'),
  'status 500': (response) => response.writeHead(500).end('{"access_token":"a"}'),
  'a redirect': (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  'a broken connection': (response) => response.destroy(),
};

describe('a hostile provider', () => {
  let world: FederationWorld;
  beforeAll(async () => {
    world = await openFederationWorld();
  });
  afterAll(() => world.stop());
  afterEach(() => {
    world.github.answerInstead(undefined);
    world.sso.answerInstead(undefined);
  });

  it.each(Object.keys(BAD_ANSWERS))(
    'GitHub: %s for a token is one clean refusal, within six seconds [H-073]',
    async (name) => {
      world.atGithub();
      const one = world.browser();
      const callback = await one.goTo('github');
      world.github.answerInstead((path, response) => {
        if (!path.endsWith('/access_token')) return false;
        BAD_ANSWERS[name]?.(response);
        return true;
      });
      const startedMs = performance.now();
      expect(outcomeOf(await one.ask(callback))).toEqual(UNAVAILABLE);
      expect(performance.now() - startedMs).toBeLessThan(8_000);
    },
  );

  it.each(Object.keys(BAD_ANSWERS))(
    'SSO: %s for a token is one clean refusal, within six seconds [H-073]',
    async (name) => {
      world.atSso();
      const one = world.browser();
      const callback = await one.goTo('sso');
      world.sso.answerInstead((request, response) => {
        if (request.url !== '/token') return false;
        BAD_ANSWERS[name]?.(response);
        return true;
      });
      const startedMs = performance.now();
      expect(outcomeOf(await one.ask(callback))).toEqual(UNAVAILABLE);
      expect(performance.now() - startedMs).toBeLessThan(8_000);
    },
  );

  it.each([
    ['/api/v3/user', '{"id":"1","login":"x"}'],
    ['/api/v3/user', '{"id":-1,"login":"x"}'],
    ['/api/v3/user', '{"id":1.5,"login":"x"}'],
    ['/api/v3/user', '{"login":"x","__proto__":{"id":1}}'],
    ['/api/v3/user', '[]'],
    ['/api/v3/user/emails', 'null'],
    ['/api/v3/user/emails', '"text"'],
    ['/api/v3/user/emails', '[null]'],
    ['/api/v3/user/emails', '{"length":1}'],
    ['/api/v3/user/emails', '[{"email":"a@b.test","primary":true,"verified":"true"}]'],
  ])('GitHub: %s saying %s is no profile [H-073]', async (where, body) => {
    world.atGithub();
    world.github.answerInstead((path, response) => {
      if (path !== where) return false;
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      return true;
    });
    expect(await world.browser().signIn('github')).toEqual(UNAVAILABLE);
  });

  it.each([
    ['not verified', [{ email: ADMIN.email, primary: true, verified: false }]],
    ['verified, but not the primary one', [{ email: ADMIN.email, primary: false, verified: true }]],
    [
      'one of two primary ones',
      [
        { email: ADMIN.email, primary: true, verified: true },
        { email: 'x@example.test', primary: true, verified: true },
      ],
    ],
    ['the one of the public profile', []],
    ['one where no mail goes', [{ email: '1+x@users.noreply.github.com', primary: true, verified: true }]],
    ['none at all', [{ email: 'ada', primary: true, verified: true }]],
  ])('GitHub: an address that is %s links to nobody [H-066]', async (_what, emails) => {
    const { id } = world.atGithub({ email: ADMIN.email, emails });
    expect(await world.browser().signIn('github')).toEqual({ kind: 'refused', code: 'email_unverified' });
    expect(await world.rows('SELECT 1 FROM federated_identities WHERE subject = $1', String(id))).toEqual([]);
  });

  it('GitHub: a local account that has not verified its address is not linked to [H-066]', async () => {
    await world.rows(
      `INSERT INTO accounts (id, email, email_lookup, name, created_at)
       VALUES ('acc_unverified', 'u@example.test', 'u@example.test', '', now())`,
    );
    world.atGithub({ emails: [{ email: 'U@example.test', primary: true, verified: true }] });
    expect(await world.browser().signIn('github')).toEqual({ kind: 'refused', code: 'link_required' });
  });

  it('tells people apart by their number, not by name or address [O-05, H-067]', async () => {
    const emails = [{ email: 'reused@example.test', primary: true, verified: true }];
    world.atGithub({ id: 77, login: 'reused', emails });
    const { account } = signedInOf(await world.browser().signIn('github'));
    world.atGithub({ id: 78, login: 'reused', emails });
    expect(await world.browser().signIn('github')).toEqual({ kind: 'refused', code: 'link_required' });
    world.atGithub({
      id: 78,
      login: 'reused',
      emails: [{ email: 'mine@example.test', primary: true, verified: true }],
    });
    expect(signedInOf(await world.browser().signIn('github')).account.id).not.toBe(account.id);
    world.atSso({ sub: '77' });
    expect(signedInOf(await world.browser().signIn('sso')).account.id).not.toBe(account.id);
  });

  it('a wrong verifier opens nothing [H-064]', async () => {
    world.atGithub();
    const one = world.browser();
    const [first, second] = [await one.goTo('github'), await one.goTo('github')];
    const codeOf = (callback: string) => new URLSearchParams(callback.split('?')[1]).get('code') ?? '';
    const mixed = second.replace(codeOf(second), codeOf(first));
    expect(outcomeOf(await one.ask(mixed))).toEqual(UNAVAILABLE);
  });
});
