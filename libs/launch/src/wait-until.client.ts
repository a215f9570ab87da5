import type { Child } from './child.client.js';

/**
 * Asks `condition` again and again until it holds.
 * @throws Error after `deadlineMs`, or as soon as `child` has ended, with what it wrote last.
 */
export async function waitUntil(
  what: string,
  condition: () => Promise<boolean>,
  deadlineMs: number,
  child?: Child,
): Promise<void> {
  let endedWith: number | null | undefined;
  void child?.ended.then((code) => {
    endedWith = code;
  });
  const deadline = performance.now() + deadlineMs;
  while (!(await condition().catch(() => false))) {
    if (endedWith !== undefined) throw new Error(`${what}: ended with code ${endedWith}\n${child?.lastOutput() ?? ''}`);
    if (performance.now() > deadline)
      throw new Error(`${what}: not within ${deadlineMs} ms\n${child?.lastOutput() ?? ''}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
