import { SEEDED_BUGS, withBugs } from './seeded-bugs.mjs';

let names = [];

/** @public called by Node, see `module.register` */
export function initialize(given) {
  names = given;
}

/** @public called by Node for each file that a process loads */
export async function load(url, context, next) {
  const loaded = await next(url, context);
  const isToChange = SEEDED_BUGS.some(
    ({ name, changes }) => names.includes(name) && changes.some(({ file }) => url.endsWith(`/${file}`)),
  );
  return isToChange ? { ...loaded, source: withBugs(url, String(loaded.source), names) } : loaded;
}
