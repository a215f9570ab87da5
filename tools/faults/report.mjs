const NAMES = { revocations: 'revocations', limited: 'limited requests' };

/** What a run has shown, as text. */
export function reportOf(
  {
    findings,
    counts,
    faults,
    fallen,
    operations,
    arrivals,
    statuses,
    revokesMs,
    limited,
    undecided,
    tookSeconds,
    enough,
  },
  seed,
) {
  const rows = findings.map(({ id, promise, checked, violations }) => [
    id,
    promise,
    checked.toLocaleString('en'),
    String(violations.length),
  ]);
  const list = (map) =>
    [...map]
      .sort(([, one], [, other]) => other - one)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  const at = (share) =>
    revokesMs.length === 0 ? '-' : `${Math.round(revokesMs[Math.floor(revokesMs.length * share)])} ms`;
  const wanted = Object.entries(enough ?? {}).map(([what, least]) => {
    const isReached = counts[what] >= least;
    return `${isReached ? 'reached' : 'NOT REACHED'}: ${least.toLocaleString('en')} ${NAMES[what]}`;
  });
  return [
    `seed ${seed}, ${Math.round(tookSeconds)} s: ${operations.toLocaleString('en')} operations, ${arrivals.toLocaleString('en')} requests at the upstream`,
    `${counts.revocations.toLocaleString('en')} keys revoked or rotated (p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(0.99999)}), ${counts.refreshRaces} refresh races, ${counts.codeRaces} code races`,
    `${counts.limited.toLocaleString('en')} limited requests: ${[...limited].map(([what, { admitted, refused }]) => `${what} ${admitted.toLocaleString('en')} admitted and ${refused.toLocaleString('en')} refused`).join(', ')}; ${undecided.toLocaleString('en')} more were not decided`,
    `answers to uses: ${list(statuses)}`,
    `faults: ${faults.size === 0 ? 'none' : list(faults)}${fallen.length === 0 ? '' : `; ${fallen.length} processes ended by themselves`}`,
    ...wanted,
    '',
    ...table([['invariant', 'promise', 'judged', 'violations'], ...rows]),
  ].join('\n');
}

/** The operations that show a violation, a line each. */
export function violationsOf({ findings }, most = 3) {
  return findings.flatMap(({ id, violations }) =>
    violations
      .slice(0, most)
      .flatMap(({ message, operations }) => [
        `${id}: ${message}`,
        ...operations.slice(0, 6).map((operation) => `    ${JSON.stringify(operation)}`),
      ]),
  );
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  '),
  );
}
