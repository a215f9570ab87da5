import { connect, createServer } from 'node:net';

/** Names of what a link can do to what passes: both ways, or the one way alone, `in` being towards who dialled. */
export const LINK_FAULTS = ['delay', 'cut', 'black hole', 'black hole in', 'black hole out'];

/**
 * A TCP port that leads to another one, and can do harm to what passes.
 *
 * - `delay`: every piece arrives late by 20 to 400 ms, in order.
 * - `cut`: connections are closed, and so is each new one.
 * - `black hole`: nothing passes, and nobody is told. What it swallowed would be missing in the middle, so those
 *   connections are closed when it ends.
 */
export async function startLink(targetPort, random) {
  let fault = 'none';
  const open = new Set();
  const server = createServer({ noDelay: true }, (near) => {
    if (fault === 'cut') return near.destroy();
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    const pair = { near, far, broken: false };
    const end = () => {
      near.destroy();
      far.destroy();
      open.delete(pair);
    };
    open.add(pair);
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
    passOn(near, far, 'out', pair);
    passOn(far, near, 'in', pair);
  });

  function passOn(from, to, way, pair) {
    let lateUntilMs = 0;
    from.on('data', (bytes) => {
      if (fault === 'black hole' || fault === `black hole ${way}`) {
        pair.broken = true;
        return;
      }
      if (pair.broken) return;
      const nowMs = performance.now();
      if (fault === 'delay') lateUntilMs = Math.max(lateUntilMs, nowMs + random.between(20, 400));
      // What comes after something late waits for it: TCP keeps the order.
      if (lateUntilMs <= nowMs) to.write(bytes);
      else setTimeout(() => to.destroyed || to.write(bytes), lateUntilMs - nowMs);
    });
  }

  const cutAll = (which) => {
    for (const pair of [...open]) {
      if (!which(pair)) continue;
      pair.near.destroy();
      pair.far.destroy();
    }
  };
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    be: (now) => {
      fault = now;
      if (fault === 'cut') cutAll(() => true);
      if (fault === 'none') cutAll(({ broken }) => broken);
    },
    stop: async () => {
      cutAll(() => true);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
