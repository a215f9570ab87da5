import { recordHistory } from '@gatehouse/history/history-file.store';

/** Records a history on the monotonic clock of this machine, from 0 at the beginning of the run. */
export function startRecorder(path, seed) {
  const file = recordHistory(path);
  const zero = process.hrtime.bigint();
  const nowNs = () => Number(process.hrtime.bigint() - zero);
  file.record({ record: 'start', seed, unixMsAtZero: Date.now() - nowNs() / 1e6 });
  let lastId = 0;
  return {
    nowNs,
    newId: () => ++lastId,
    operation: (operation) => file.record({ record: 'operation', ...operation }),
    arrival: (arrival) => file.record({ record: 'arrival', ...arrival }),
    fault: (fault) => file.record({ record: 'fault', ...fault }),
    subject: (name, limits) => file.record({ record: 'subject', name, limits }),
    close: () => file.close(),
  };
}
