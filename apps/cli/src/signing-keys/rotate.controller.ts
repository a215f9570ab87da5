import { parseArgs } from 'node:util';
import { z } from 'zod';
import { EXIT, type ExitCode } from '../exit-code.js';
import { ManagementClient } from '../http/management.client.js';
import { problemError } from '../http/problem-error.js';
import type { Io } from '../io.js';

/** Identifiers of keys (RFC 7517, `kid`), as the platform answers. */
const rotatedSchema = z.object({ current: z.string(), published: z.array(z.string()) });

/** `gatehouse signing-keys rotate`. Asked once: a second try would rotate again. */
export async function runSigningKeysRotate(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values } = parseArgs({
    args: [...args],
    options: { drop: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  });
  const client = new ManagementClient(io.settings(), 1);
  try {
    const answer = await client
      .post('/api/v1/signing-keys/rotate', JSON.stringify({ drop: values.drop }))
      .catch((error: Error) => {
        throw problemError(error);
      });
    const rotated = rotatedSchema.safeParse(answer.json);
    if (answer.status !== 200 || !rotated.success) throw problemError(answer);
    const { current, published } = rotated.data;
    if (values.json) io.stdout.write(`${JSON.stringify({ current, published })}\n`);
    else io.stdout.write(`${current} signs from now on\n`);
    const others = published.filter((kid) => kid !== current);
    io.stderr.write(
      `${values.drop ? 'the key before is removed; ' : ''}also published: ${others.join(', ') || 'none'}\n`,
    );
    return EXIT.ok;
  } finally {
    await client.close();
  }
}
