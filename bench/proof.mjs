import { send } from './request.mjs';
import { PATH } from './upstream.mjs';

const PROOF_LIMIT = 3;

/** That a peer really checks, shown on one that was started with a low limit. */
export async function provePeer(processes, { title, start }, upstream) {
  const contestant = await start(processes, upstream, PROOF_LIMIT);
  await prove(title, contestant);
  for (const { process } of [...contestant.members].reverse()) await processes.stop(process);
}

/** The same for Gatehouse, whose API `limited` has that low limit. */
export async function proveGatehouse({ measured, limited }) {
  await prove('Gatehouse', limited);
  await expectStatus('Gatehouse', measured, 200, 'before it is measured');
}

/** No key and a wrong key are 401, and the request after the last allowed one is 429. */
async function prove(title, contestant) {
  const { Authorization, ...anonymous } = contestant.headers;
  await expectStatus(title, contestant, 401, 'without a key', anonymous);
  await expectStatus(title, contestant, 401, 'with a wrong key', {
    ...anonymous,
    Authorization: altered(Authorization),
  });
  for (let i = 1; i <= PROOF_LIMIT; i += 1) await expectStatus(title, contestant, 200, `request ${i}`);
  await expectStatus(title, contestant, 429, `request ${PROOF_LIMIT + 1} of ${PROOF_LIMIT}`);
}

/** @throws Error where the contestant answers with another status, or a 200 is not the upstream's JSON. */
export async function expectStatus(title, contestant, status, what, headers = contestant.headers) {
  const answer = await send(contestant.port, PATH, { headers });
  if (answer.status !== status) {
    throw new Error(`${title}, ${what}: ${answer.status} instead of ${status}\n${answer.text}`);
  }
  if (status === 200 && !Array.isArray(JSON.parse(answer.text).invoices)) {
    throw new Error(`${title}, ${what}: not the body that the upstream sent`);
  }
  return answer;
}

function altered(authorization) {
  const last = authorization.endsWith('0') ? '1' : '0';
  return `${authorization.slice(0, -1)}${last}`;
}
