import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a piece of JavaScript as a document prints it, as a module of its own in a process of its own: only the address is
 * another one.
 * @param replacements what the document's placeholders stand for, its address among them
 * @param ending what comes after the printed text and writes what the test looks at, as JSON
 * @returns what was written
 */
export function runJavaScript(
  printed: string,
  replacements: Readonly<Record<string, string>>,
  ending: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const here = Object.entries(replacements).reduce((text, [from, to]) => text.replaceAll(from, to), printed);
  const child = spawn(process.execPath, ['--input-type=module'], {
    cwd: root,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [written, complaints] = ['', ''];
  child.stdout.on('data', (chunk) => {
    written += chunk;
  });
  child.stderr.on('data', (chunk) => {
    complaints += chunk;
  });
  child.stdin.end(`${here}\n${ending}\n`);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(written));
      else reject(new Error(`the program failed: ${complaints}`));
    });
  });
}
