import { spawn, spawnSync } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Agent, request } from 'undici';
import { prepare, root } from './prepare.mjs';

/**
 * `npm run import:soak -- --rows 1000000`: starts a platform, imports so many keys into it, then uses some of them at
 * random. Prints how long it took, what the importer and the platform needed of memory, and how requests compare with
 * those before. Exits with 1 where the importer needed 300 MB or more, a row was lost, or a key does not work.
 */
const RSS_MAX_MB = 300;
/** Keys that are there before, so that requests can be compared; and how many requests a comparison has. */
const BEFORE = 20_000;
const REQUESTS = 20_000;
const CLIENTS = 32;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    batch: { type: 'string', default: '500' },
    parallel: { type: 'string', default: '2' },
    format: { type: 'string', default: 'ndjson' },
  },
});
const rows = Number(values.rows);

prepare();
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-soak-'));
const seed = randomBytes(32);
const keyOf = (index) => `soak_${createHmac('sha256', seed).update(String(index)).digest('base64url')}`;
const platform = await startPlatform();
try {
  const token = await signIn();
  const first = await importRows(0, BEFORE, token);
  const before = await compare('before', 0, BEFORE);
  const result = await importRows(BEFORE, rows, token);
  const after = await compare('after', BEFORE, rows);
  report(first, before, result, after);
} finally {
  await platform.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function importRows(from, count, token) {
  const file = join(folder, `keys-${from}.${values.format}`);
  await writeRows(file, from, count);
  say(`importing ${count.toLocaleString('en')} rows (${Math.round(statSync(file).size / 1e6)} MB) …`);
  const rssFile = join(folder, 'rss');
  const preload = `data:text/javascript,import fs from 'node:fs';process.on('exit',()=>fs.writeFileSync(${JSON.stringify(rssFile)},String(process.resourceUsage().maxRSS)))`;
  const args = [
    'keys',
    'import',
    '--file',
    file,
    '--api',
    'soak',
    '--batch',
    values.batch,
    '--parallel',
    values.parallel,
  ];
  const child = spawn(process.execPath, ['--import', preload, `${root}apps/cli/bin/gatehouse.mjs`, ...args, '--json'], {
    env: { PATH: process.env.PATH, GATEHOUSE_URL: platform.url, GATEHOUSE_TOKEN: token },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  await once(child, 'close');
  rmSync(file);
  return { ...JSON.parse(out), rssMb: Number(readFileSync(rssFile, 'utf8')) / 1024 };
}

async function writeRows(path, from, count) {
  const file = createWriteStream(path);
  if (values.format === 'csv') file.write('hash,name,scopes,metadata\n');
  for (let index = from; index < from + count; index++) {
    const hash = createHash('sha256').update(keyOf(index)).digest('hex');
    const line =
      values.format === 'csv'
        ? `${hash},Key ${index},invoices.read,"{""number"":""${index}""}"\n`
        : `${JSON.stringify({ hash, name: `Key ${index}`, scopes: ['invoices.read'], metadata: { number: String(index) } })}\n`;
    if (!file.write(line)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

/** Requests with different keys, taken at random; then the same once more, when they have been asked for before. */
async function compare(title, from, count) {
  const keys = Array.from({ length: REQUESTS }, () => keyOf(from + Math.floor(Math.random() * count)));
  say(`${title}: ${REQUESTS.toLocaleString('en')} requests through the gateway, twice …`);
  return { cold: await load(keys), warm: await load(keys) };
}

async function load(keys) {
  const agent = new Agent({ connections: CLIENTS });
  const tookMs = [];
  let next = 0;
  const others = {};
  const client = async () => {
    while (next < keys.length) {
      const headers = { authorization: `Bearer ${keys[next++]}` };
      const startedMs = performance.now();
      const { statusCode, body } = await request(`${platform.url}/apis/soak/whoami`, { dispatcher: agent, headers });
      await body.dump();
      tookMs.push(performance.now() - startedMs);
      if (statusCode !== 200) others[statusCode] = (others[statusCode] ?? 0) + 1;
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const seconds = (performance.now() - startedMs) / 1_000;
  await agent.close();
  tookMs.sort((one, other) => one - other);
  const at = (share) => tookMs[Math.floor(tookMs.length * share)].toFixed(1);
  return { perSecond: Math.round(keys.length / seconds), p50: at(0.5), p99: at(0.99), others };
}

function report(first, before, result, after) {
  const line = (name, { perSecond, p50, p99, others }) =>
    `${name}: ${perSecond}/s, p50 ${p50} ms, p99 ${p99} ms; answers other than 200: ${JSON.stringify(others)}`;
  // A machine that is too busy answers 503; a key that does not work, 401.
  const refused = [before.cold, before.warm, after.cold, after.warm].some(({ others }) => others[401] ?? others[403]);
  process.stdout.write(
    `${[
      `imported ${result.imported} of ${rows} rows in ${result.seconds} s (${result.rows_per_second}/s), ${result.refused} refused`,
      `importer: ${Math.round(result.rssMb)} MB at most (${Math.round(first.rssMb)} MB for ${BEFORE} rows)`,
      `platform, all in one process without PostgreSQL: ${Math.round(platform.rssMaxMb())} MB at most`,
      line(`${BEFORE} keys, first use`, before.cold),
      line(`${BEFORE} keys, again`, before.warm),
      line(`${rows + BEFORE} keys, first use`, after.cold),
      line(`${rows + BEFORE} keys, again`, after.warm),
    ].join('\n')}\n`,
  );
  if (result.imported !== rows || result.rssMb >= RSS_MAX_MB || refused) process.exitCode = 1;
}

async function startPlatform() {
  const [port, internalPort] = [await freePort(), await freePort()];
  const config = join(folder, 'gatehouse.yaml');
  writeFileSync(
    config,
    `apis:
  - name: soak
    profile: exante
    upstream: example
    routes: [{ match: "* /**", scopes: [invoices.read] }]
    importedKeys: [{ prefix: "soak_", length: 48, digest: sha256 }]
`,
  );
  const child = spawn(process.execPath, [`${root}apps/standalone/dist/main.js`], {
    env: {
      PATH: process.env.PATH,
      GATEHOUSE_CONFIG: config,
      GATEHOUSE_DATA_DIR: join(folder, 'data'),
      GATEHOUSE_ADMIN_EMAIL: 'admin@example.com',
      GATEHOUSE_ADMIN_PASSWORD: 'a quiet river runs north',
      PORT: String(port),
      INTERNAL_PORT: String(internalPort),
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const untilMs = performance.now() + 60_000;
  while (
    !(await fetch(`http://127.0.0.1:${internalPort}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || performance.now() > untilMs) throw new Error('the platform did not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  let rssMaxMb = 0;
  const watch = setInterval(() => {
    const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' });
    rssMaxMb = Math.max(rssMaxMb, Number(stdout ?? 0) / 1024);
  }, 1_000);
  return {
    url,
    rssMaxMb: () => rssMaxMb,
    stop: async () => {
      clearInterval(watch);
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function signIn() {
  const answer = await fetch(`${platform.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'admin@example.com', password: 'a quiet river runs north' }),
  });
  return (await answer.json()).access_token;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function say(text) {
  process.stderr.write(`${text}\n`);
}
