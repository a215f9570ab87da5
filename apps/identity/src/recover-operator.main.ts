import { recoverOnServer } from './recovery/recover-on-server.server.js';

/** A program that is run beside the service, as the migration is; see docs/accounts.md. */
const { exitCode, text } = await recoverOnServer(process.argv.slice(2), process.env, Date.now());
(exitCode === 0 ? process.stdout : process.stderr).write(`${text}\n`);
process.exitCode = exitCode;
