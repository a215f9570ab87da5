#!/usr/bin/env node
import { existsSync } from 'node:fs';

/** `npx gatehouse`: the compiled command; where it is not there yet, how to make it. */
const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('gatehouse: the command is not built yet. In the repository, run: npm run build\n');
  process.exitCode = 3;
}
