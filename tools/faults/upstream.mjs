import { createServer } from 'node:http';

/** Carries the number of the operation that a request is, so that what arrives can be told from what was sent. */
export const OPERATION_HEADER = 'x-operation';

/** The upstream of all APIs: records what reaches it, and says in its answer which request that was. */
export async function startUpstream(recorder) {
  const server = createServer((request, response) => {
    const atNs = recorder.nowNs();
    const operation = Number(request.headers[OPERATION_HEADER]);
    const requestId = request.headers['x-request-id'] ?? null;
    if (Number.isInteger(operation)) recorder.arrival({ operation, atNs, requestId });
    request.resume().once('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(bodyOf(operation));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the answer to an operation says, from end to end. */
export function bodyOf(operation) {
  return JSON.stringify({ operation, filling: 'x'.repeat(64), end: operation });
}
