import { Agent } from 'undici';
import { bodyOf, OPERATION_HEADER } from './upstream.mjs';

/** A use of a published API is bounded by the gateway far below this; a change may wait for a lease. */
const USE_DEADLINE_MS = 15_000;
const CHANGE_DEADLINE_MS = 40_000;
const GIVE_UP_MS = 45_000;
/** A gateway that is down says so at once: asking it again as fast would only keep all others busy. */
const DOWN_MS = 100;

/** What the dialects of the two published APIs call the states of a key. */
const VERDICTS = {
  api_key_revoked: 'revoked',
  api_key_disabled: 'disabled',
  api_key_rotated: 'rotated',
  insufficient_permissions: 'narrowed',
  invalid_api_key: 'absent',
};

/** Asks gateways over HTTP, and records what was asked and what came back. */
export function startClient({ gateways, recorder }) {
  const agents = new Map(
    gateways.map(({ name }) => [
      name,
      new Agent({
        connections: 64,
        pipelining: 1,
        headersTimeout: GIVE_UP_MS,
        bodyTimeout: GIVE_UP_MS,
        connectTimeout: GIVE_UP_MS,
      }),
    ]),
  );

  /** @returns `{ status, headers, text, startedAtNs, returnedAtNs }`; status null: no whole answer came. */
  async function ask(gateway, { method = 'GET', path, headers = {}, json, body = null }) {
    const startedAtNs = recorder.nowNs();
    try {
      const answer = await agents.get(gateway.name).request({
        origin: gateway.origin,
        path,
        method,
        headers: json === undefined ? headers : { 'content-type': 'application/json', ...headers },
        body: json === undefined ? body : JSON.stringify(json),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, headers: answer.headers, text, startedAtNs, returnedAtNs: recorder.nowNs() };
    } catch {
      const returnedAtNs = recorder.nowNs();
      await new Promise((resolve) => setTimeout(resolve, DOWN_MS));
      return { status: null, headers: {}, text: '', startedAtNs, returnedAtNs };
    }
  }

  function record({ process, operation, object, given = {}, gateway, answer, outcome, result = {}, id }) {
    const { status, startedAtNs, returnedAtNs } = answer;
    recorder.operation({
      id: id ?? recorder.newId(),
      process,
      operation,
      object,
      arguments: given,
      startedAtNs,
      returnedAtNs,
      outcome,
      status,
      via: gateway.name,
      result,
    });
  }

  return {
    gateways,
    ask,
    record,
    /** A use of a credential at a published API. @returns the answer with its verdict and the id of the operation. */
    use: async ({ process, object, gateway, path, headers, given = {}, silent = false }) => {
      const id = recorder.newId();
      const answer = await ask(gateway, { path, headers: { ...headers, [OPERATION_HEADER]: String(id) } });
      const outcome = outcomeOf(answer);
      const result = {
        ...resultOf(answer),
        ...(outcome === 'ok' ? { verdict: 'active', whole: answer.text === bodyOf(id) } : verdictOf(answer)),
      };
      if (silent) delete result.verdict;
      record({
        process,
        operation: 'use',
        object,
        given: { ...given, deadlineMs: USE_DEADLINE_MS },
        gateway,
        answer,
        outcome,
        result,
        id,
      });
      return { ...answer, id, outcome, ...result };
    },
    /** A question to the management API; recorded as each of `as`: `{ operation, object, given }`, and what its answer means. */
    change: async ({ process, gateway, as, ...request }) => {
      const answer = await ask(gateway, request);
      const outcome = outcomeOf(answer);
      for (const { given = {}, result = {}, ...recorded } of typeof as === 'function' ? as(answer) : as) {
        record({
          process,
          gateway,
          answer,
          outcome,
          ...recorded,
          given: { ...given, deadlineMs: CHANGE_DEADLINE_MS },
          result: { ...resultOf(answer), ...result },
        });
      }
      return { ...answer, outcome };
    },
    outcomeOf,
    close: () => Promise.all([...agents.values()].map((agent) => agent.destroy())),
  };
}

/** Only a refusal that says so is one: a fault of the server may have come after the effect. */
function outcomeOf({ status }) {
  if (status === null || status >= 500) return 'unknown';
  return status < 300 ? 'ok' : 'failed';
}

function resultOf({ headers }) {
  const retryAfter = headers['retry-after'];
  const requestId = headers['x-request-id'];
  return {
    ...(retryAfter === undefined ? {} : { retryAfterSeconds: Number(retryAfter) }),
    ...(requestId === undefined ? {} : { requestId: String(requestId) }),
  };
}

function verdictOf({ status, text }) {
  if (status !== 401 && status !== 403) return {};
  try {
    const { code } = JSON.parse(text);
    return { verdict: VERDICTS[code] ?? code };
  } catch {
    return {};
  }
}
