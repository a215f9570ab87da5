import { execFile } from 'node:child_process';

/**
 * Runs a command as a document prints it, in a shell, against the platform: only the address is another, and the
 * document's host name is sent as `Host`.
 * @returns what the command wrote.
 */
export function runCurl(
  command: string,
  published: string,
  platformUrl: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { origin, host } = new URL(published);
  const here = `${command.replace(origin, platformUrl)} -H "Host: ${host}"`;
  const env = { PATH: process.env['PATH'], ...environment };
  return new Promise((resolve, reject) => {
    execFile('/bin/sh', ['-c', here], { env }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`the command failed: ${error.message}`));
    });
  });
}
