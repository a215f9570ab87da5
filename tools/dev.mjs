import { spawn } from 'node:child_process';
import { prepare, root } from './prepare.mjs';

/** `npm run dev`: compiles on every change, and starts again on every build. */
prepare();
const compiler = spawn(
  process.execPath,
  ['node_modules/typescript/bin/tsc', '-b', '--watch', '--preserveWatchOutput'],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
const folders = ['apps', 'libs'].map((folder) => `--watch-path=${root}${folder}`);
const server = spawn(
  process.execPath,
  [...folders, '--watch-preserve-output', '--enable-source-maps', 'apps/standalone/dist/main.js'],
  { cwd: root, stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    compiler.kill(signal);
    server.kill(signal);
  });
}
server.on('exit', (code) => {
  compiler.kill();
  process.exitCode = code ?? 0;
});
