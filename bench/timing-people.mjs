import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { send } from './request.mjs';
import { median } from './statistics.mjs';

const TRIES = 300;
const WARM_UP = 30;
/** An address is used this often at each door: fewer than the guesses and the mails that it may have. */
const TRIES_OF_AN_ADDRESS = 4;
const DIFFERENCE_MAX_SHARE = 0.05;
const ADDRESSES = Math.ceil((TRIES + WARM_UP) / TRIES_OF_AN_ADDRESS);

const DOORS = [
  { path: '/auth/login', body: (email, password) => ({ email, password }), status: 401 },
  { path: '/auth/password/forgot', body: (email) => ({ email }), status: 202 },
  { path: '/auth/signup', body: (email, password) => ({ email, password, name: 'Grace' }), status: 202 },
];

/**
 * Asks each door in turn with addresses that have an account and with others, and prints the medians.
 * @returns whether they differ by more than 5 % at some door.
 */
export async function tellsKnownAddresses({ measured: { port }, cluster }, agent) {
  await addAccounts(cluster.databaseUrl);
  let told = false;
  for (const { path, body, status } of DOORS) {
    const kinds = ['known', 'unknown'].map((kind) => ({ kind, samplesUs: [] }));
    for (let tried = -WARM_UP; tried < TRIES; tried += 1) {
      for (const { kind, samplesUs } of tried % 2 === 0 ? kinds : [...kinds].reverse()) {
        const email = `${kind}-${(tried + WARM_UP) % ADDRESSES}@example.com`;
        const request = {
          method: 'POST',
          agent,
          // Each from elsewhere: what a client may do is not what is measured.
          headers: { Host: 'localhost', 'Content-Type': 'application/json', 'X-Forwarded-For': randomAddress() },
          body: JSON.stringify(body(email, randomBytes(18).toString('hex'))),
        };
        const startNs = process.hrtime.bigint();
        const answer = await send(port, path, request);
        const tookUs = Number(process.hrtime.bigint() - startNs) / 1_000;
        if (answer.status !== status) throw new Error(`POST ${path}: ${answer.status}\n${answer.text}`);
        if (tried >= 0) samplesUs.push(tookUs);
      }
    }
    const [known, unknown] = kinds.map(({ samplesUs }) => median(samplesUs));
    const share = Math.abs(known - unknown) / unknown;
    if (share >= DIFFERENCE_MAX_SHARE) told = true;
    process.stdout.write(
      `${TRIES} of each at ${path}: known ${(known / 1_000).toFixed(2)} ms, unknown ${(unknown / 1_000).toFixed(2)} ms, ` +
        `${(share * 100).toFixed(1)} % apart (below ${DIFFERENCE_MAX_SHARE * 100} %)\n`,
    );
  }
  return told;
}

/** Accounts with the password of the administrator, whose hash there is. */
async function addAccounts(databaseUrl) {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query(
    `WITH added AS (
       INSERT INTO identity.accounts (id, email, email_lookup, name, email_verified_at, created_at)
       SELECT 'acc_timing' || n, 'known-' || n || '@example.com', 'known-' || n || '@example.com', 'Grace', now(), now()
       FROM generate_series(0, $1::int - 1) n RETURNING id)
     INSERT INTO identity.passwords (account_id, format, hash, set_at)
     SELECT added.id, p.format, p.hash, now() FROM added, (SELECT format, hash FROM identity.passwords LIMIT 1) p`,
    [ADDRESSES],
  );
  await client.end();
}

function randomAddress() {
  return [10, ...randomBytes(3)].join('.');
}
