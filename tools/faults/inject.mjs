import { setTimeout as wait } from 'node:timers/promises';

/** Does to the parts of a cluster what a schedule says, and records each fault with its beginning and its end. */
export function injector({ cluster, recorder, say }) {
  const busy = new Set();
  const counts = new Map();

  async function inject({ kind, target, durationMs, way }) {
    const [part] = target.split('/');
    // Nothing befalls what is down already, and a clock that is not ours cannot jump.
    if (busy.has(part) || (kind === 'clock' && !cluster.clocks.has(target))) return;
    busy.add(part);
    const startedAtNs = recorder.nowNs();
    try {
      await DO[kind](cluster, target, () => pause(durationMs), way);
      recorder.fault({ kind, target, startedAtNs, endedAtNs: recorder.nowNs(), ...lossOf(kind, target) });
      const name = way === '' || kind === 'clock' ? kind : `${kind} ${way}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    } finally {
      busy.delete(part);
    }
  }

  return {
    counts,
    /** Resolves when the last fault is over. @throws what kept a part from coming back. */
    run: async (schedule, signal) => {
      const beganMs = performance.now();
      const running = [];
      for (const fault of schedule) {
        await pause(Math.max(0, fault.atMs - (performance.now() - beganMs)), signal);
        if (signal.aborted) break;
        say(`${fault.kind} ${fault.way} ${fault.target} for ${fault.durationMs} ms`.replace('  ', ' '));
        running.push(inject(fault));
      }
      await Promise.all(running);
    },
    /** Everything ends at once, as when the power fails, and comes back. */
    powerCut: async () => {
      const startedAtNs = recorder.nowNs();
      const parts = [...cluster.parts.values()];
      await Promise.all(parts.map((part) => part.kill()));
      await Promise.all(parts.filter(({ name }) => isServer(name)).map((part) => part.restart()));
      await Promise.all(parts.filter(({ name }) => !isServer(name)).map((part) => part.restart()));
      for (const { name } of parts) {
        recorder.fault({
          kind: 'kill',
          target: name,
          startedAtNs,
          endedAtNs: recorder.nowNs(),
          ...lossOf('kill', name),
        });
      }
      counts.set('power cut', (counts.get('power cut') ?? 0) + 1);
    },
  };
}

/** A gateway counts the shares that it enforces in its own memory, by its own clock. */
function lossOf(kind, target) {
  return {
    losesCounters: kind === 'kill' && target === 'redis',
    losesShares: (kind === 'kill' || kind === 'clock') && target.startsWith('gateway'),
  };
}

const DO = {
  kill: async ({ parts }, target, last) => {
    const part = parts.get(target);
    await part.kill();
    await last();
    await part.restart();
  },
  pause: async ({ parts }, target, last) => {
    const part = parts.get(target);
    part.pause();
    await last();
    part.resume();
  },
  link: async ({ links }, target, last, way) => {
    const link = links.get(target);
    link.be(way);
    await last();
    link.be('none');
  },
  clock: async ({ clocks }, target, last, seconds) => {
    const clock = clocks.get(target);
    await clock.jump(seconds);
    await last();
    await clock.jump(0);
    // Its process looks at most a second later.
    await pause(1_100);
  },
};

function isServer(name) {
  return name === 'postgres' || name === 'nats' || name === 'redis';
}

/** Ends earlier where `signal` says so. */
async function pause(milliseconds, signal) {
  await wait(milliseconds, undefined, { signal }).catch(() => undefined);
}
