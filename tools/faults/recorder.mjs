import { recordHistory } from '@gatehouse/history/history-file.store';

/**
 * Records a history on the monotonic clock of this machine, from 0 at the beginning of the run.
 * @param remember whether `soFar` can tell what was recorded until now
 */
export function startRecorder(path, seed, remember = false) {
  const file = recordHistory(path);
  const zero = process.hrtime.bigint();
  const nowNs = () => Number(process.hrtime.bigint() - zero);
  const unixMsAtZero = timeOfDayAtZero(nowNs);
  const operations = [];
  const arrivals = [];
  const faults = [];
  const subjects = new Map();
  let lastId = 0;

  file.record({ record: 'start', seed, unixMsAtZero });
  const into = (record, list) => (given) => {
    file.record({ record, ...given });
    if (remember) list.push(given);
  };
  return {
    nowNs,
    newId: () => ++lastId,
    operation: into('operation', operations),
    arrival: into('arrival', arrivals),
    fault: into('fault', faults),
    subject: (name, limits) => {
      file.record({ record: 'subject', name, limits });
      subjects.set(name, limits);
    },
    soFar: () => ({
      operations: [...operations],
      arrivals: [...arrivals],
      faults: [...faults],
      subjects,
      unixMsAtZero,
    }),
    close: () => file.close(),
  };
}

/** Of many looks at both clocks, the one between which the least time has passed. */
function timeOfDayAtZero(nowNs) {
  let best = { took: Number.POSITIVE_INFINITY, unixMs: 0 };
  for (let look = 0; look < 200; look++) {
    const before = nowNs();
    const unixMs = performance.timeOrigin + performance.now();
    const dayMs = Date.now();
    const after = nowNs();
    // The finer of the two counts from the start of this process; if the time of day was set since, it is of no use.
    const exact = Math.abs(unixMs - dayMs) < 2 ? unixMs : dayMs;
    if (after - before < best.took) best = { took: after - before, unixMs: exact - (before + after) / 2e6 };
  }
  return best.unixMs;
}
