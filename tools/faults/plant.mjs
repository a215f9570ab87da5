import { register } from 'node:module';
import { SEEDED_BUGS } from './seeded-bugs.mjs';

/**
 * Loaded before a service's own program (`node --import`) by a fault run that is to find bugs: puts the bugs that
 * GATEHOUSE_SEEDED_BUGS names into the process. Does not go on unless GATEHOUSE_FAULT_TESTING says that this is wanted. No
 * image has this file.
 */
const names = (process.env.GATEHOUSE_SEEDED_BUGS ?? '').split(',').filter((name) => name !== '');
const unknown = names.find((name) => SEEDED_BUGS.every((bug) => bug.name !== name));
if (process.env.GATEHOUSE_FAULT_TESTING !== 'yes' || process.env.NODE_ENV === 'production')
  refuse('only a fault run plants bugs');
if (names.length === 0) refuse('GATEHOUSE_SEEDED_BUGS names no bug');
if (unknown !== undefined) refuse(`GATEHOUSE_SEEDED_BUGS: there is no bug ${unknown}`);
register('./plant-hooks.mjs', import.meta.url, { data: names });
process.stderr.write(`FAULT TESTING: this process has bugs: ${names.join(', ')}\n`);

function refuse(reason) {
  process.stderr.write(`gatehouse: ${reason}\n`);
  process.exit(1);
}
