const RESTART_DEADLINE_MS = 90_000;

/**
 * A process that can be killed, held and started again, and is started again where it ends by itself.
 * @param start starts it on the ports that it had, and resolves when it can be used: `{ child }`.
 * @param fell told when it has ended without anybody's doing.
 */
export async function startPart(name, start, fell = () => undefined) {
  let running = await start();
  let down = false;
  let closing = false;
  let restarting;

  const watch = ({ child }) => {
    void child.ended.then(() => {
      if (down || closing || running.child !== child) return;
      fell(name, child.lastOutput());
      restarting = begin().catch((error) => fell(name, error.message));
    });
  };
  /** What it needs may be down as well: tried again until that is back. */
  const begin = async () => {
    const untilMs = performance.now() + RESTART_DEADLINE_MS;
    for (;;) {
      try {
        running = await start();
        down = false;
        watch(running);
        return;
      } catch (error) {
        if (closing) return;
        if (performance.now() > untilMs) throw new Error(`${name} did not start again: ${error.message}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  };
  watch(running);
  return {
    name,
    get pid() {
      return running.child.pid;
    },
    kill: async (signal = 'SIGKILL') => {
      await restarting;
      down = true;
      await running.child.stop(signal, 30_000);
    },
    restart: () => begin(),
    pause: () => running.child.signal('SIGSTOP'),
    resume: () => running.child.signal('SIGCONT'),
    output: () => running.child.lastOutput(),
    stop: async () => {
      closing = true;
      await restarting?.catch(() => undefined);
      running.child.signal('SIGCONT');
      await running.child.stop('SIGTERM', 10_000);
    },
  };
}
