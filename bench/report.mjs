import { cpus } from 'node:os';
import { median } from './statistics.mjs';

/** The two tables, as Markdown: what was promised and what was measured; what each process spent. */
export function markdownReport({ results, throughput, titles, latency, settings }) {
  return `# Benchmark results

Written by \`npm run bench\`. ${settings.date}; ${cpus().length} × ${cpus()[0].model.trim()}; Node ${process.version};
${settings.rounds} rounds of ${settings.seconds} s for each contestant in turn, 64 kept connections (wrk), everything on this one machine,
load generator and upstream included. How it is measured: [README.md](README.md).

## Targets

${targetTable(results)}

## Throughput and CPU

${throughputTable(throughput, titles)}

## Latency at one connection

${latencyTable(latency, titles)}
`;
}

/** What is printed at the end. */
export function targetTable(results) {
  const rows = Object.entries(results).flatMap(([id, result]) => [
    targetRow(id, result, result.p99 === undefined ? '≥' : '≤'),
    ...(result.p99 === undefined ? [] : [targetRow(id, result.p99, '≤')]),
  ]);
  return table(['id', 'what', 'measured', 'target', 'better still', ''], rows);
}

function targetRow(id, { what, value, target, better }, sign) {
  const holds = sign === '≥' ? value >= target : value <= target;
  return [
    id,
    what,
    String(value),
    `${sign} ${target}`,
    better === undefined ? '' : `${sign} ${better}`,
    holds ? 'met' : 'not met',
  ];
}

export function throughputTable(throughput, titles) {
  const rows = Object.entries(throughput).map(([id, { samples, cpu }]) => {
    const spent = Object.entries(cpu).map(([name, values]) => `${name} ${median(values).toFixed(0)}`);
    const total = Object.values(cpu).reduce((sum, values) => sum + median(values), 0);
    return [
      titles[id],
      Math.round(median(samples)).toLocaleString('en'),
      `${Math.round(Math.min(...samples)).toLocaleString('en')}–${Math.round(Math.max(...samples)).toLocaleString('en')}`,
      total.toFixed(0),
      spent.join(', '),
    ];
  });
  return table(['contestant', 'requests/s (median)', 'range', 'CPU µs per request', 'by process'], rows);
}

function latencyTable(latency, titles) {
  const rows = Object.entries(latency).map(([id, { medianMs, p99Ms }]) => [
    titles[id],
    medianMs.toFixed(3),
    p99Ms.toFixed(3),
  ]);
  return table(['contestant', 'median ms', 'p99 ms'], rows);
}

function table(header, rows) {
  const lines = [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return lines.join('\n');
}
