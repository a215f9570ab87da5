import { prepare } from './prepare.mjs';

/** `npm start` and `npm run start:cluster`: prepares the checkout, then becomes the program that is named. */
const PROGRAMS = { standalone: 'main.js', cluster: 'cluster.main.js' };
const name = process.argv[2] ?? 'standalone';
prepare();
process.setSourceMapsEnabled(true);
await import(`../apps/standalone/dist/${PROGRAMS[name]}`);
