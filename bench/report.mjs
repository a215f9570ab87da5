import { cpus } from 'node:os';
import { median } from './statistics.mjs';

/** What was promised and what was measured, and what it was made of, as Markdown. */
export function markdownReport({ results, sections, settings }) {
  return `# Benchmark results

Written by \`npm run bench\`. ${settings.date}; ${cpus().length} × ${cpus()[0].model.trim()}; Node ${process.version};
${settings.rounds} rounds of ${settings.seconds} s for each contestant in turn, 64 kept connections (wrk), everything on this one machine,
load generator and upstream included. How it is measured: [README.md](README.md).

## Targets

${targetTable(results)}

${sections.map(({ title, text }) => `## ${title}\n\n${text}\n`).join('\n')}`;
}

/** What is printed at the end: a row for each target, and for what else belongs to it. */
export function targetTable(results) {
  const rows = Object.entries(results).flatMap(([id, result]) =>
    [result, ...Object.values(result).filter((part) => typeof part === 'object')].map((part) => targetRow(id, part)),
  );
  return table(['id', 'what', 'measured', 'target', 'better still', ''], rows);
}

function targetRow(id, { what, value, target, better, bound }) {
  const sign = bound === 'least' ? '≥' : '≤';
  const holds = bound === 'least' ? value >= target : value <= target;
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

export function latencyTable(latency, titles) {
  const rows = Object.entries(latency).map(([id, { medianMs, p99Ms }]) => [
    titles[id],
    medianMs.toFixed(3),
    p99Ms.toFixed(3),
  ]);
  return table(['contestant', 'median ms', 'p99 ms'], rows);
}

export function memoryTable(memory, titles) {
  const names = Object.keys(Object.values(memory)[0]);
  const rows = Object.entries(memory).map(([id, peaks]) => [
    titles[id],
    ...names.map((name) => peaks[name].toFixed(0)),
  ]);
  return table(['MB', ...names], rows);
}

export function table(header, rows) {
  const lines = [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return lines.join('\n');
}
