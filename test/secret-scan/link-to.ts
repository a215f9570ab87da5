import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import type { World } from './world.js';

/** The secret of the link in a message to this address with a subject that begins like this, which was not read before. */
export async function linkTo(email: string, world: World, subject: string): Promise<string> {
  const folder = world.parts.platform.outboxFolder;
  const isKnown = (link: string) => world.canaries.some(({ value }) => value === link);
  let token: string | undefined;
  await waitUntil(
    subject,
    async () => {
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.eml'));
      const mails = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
      const links = mails
        .filter((text) => text.includes(`Subject: ${subject}`) && text.includes(`To: ${email}`))
        .map((text) => /#token=([\w-]{43})/.exec(text.replace(/=\r?\n/g, '').replaceAll('=3D', '='))?.[1]);
      token = links.find((link) => link !== undefined && !isKnown(link));
      return token !== undefined;
    },
    15_000,
  );
  return world.remember('link token', token ?? '');
}
