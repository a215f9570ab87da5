import { parseArgs } from 'node:util';
import { scaleReport } from './report.mjs';

/**
 * `npm run scale -- --seed monday`: prints the tables of docs/scale.md, in seconds, the same ones for the same seed. Nothing
 * is started or measured; what it is told is in costs.mjs.
 */
const { values } = parseArgs({ options: { seed: { type: 'string', default: 'gatehouse' } } });
const tables = scaleReport(values.seed).map(({ title, text }) => `${title}\n\n${text}\n`);
process.stdout.write(`Seed: ${values.seed}\n\n${tables.join('\n')}`);
