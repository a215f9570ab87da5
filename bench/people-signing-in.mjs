import { send } from './request.mjs';

/**
 * A process of its own for those who sign in, so that a hundred connections that are opened at once delay nothing in the
 * process that measures. For each message it sends that many logins at the same moment, and answers with their status codes.
 */
process.on('message', async ({ count, port, body }) => {
  const headers = { 'Content-Type': 'application/json' };
  const logins = Array.from({ length: count }, () => send(port, '/auth/login', { method: 'POST', headers, body }));
  try {
    process.send({ statuses: (await Promise.all(logins)).map(({ status }) => status) });
  } catch (error) {
    process.send({ error: error.message });
  }
});
