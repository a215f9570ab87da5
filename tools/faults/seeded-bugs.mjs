/**
 * Bugs that a checker of histories has to find. Each is a change of what was built, made while it is loaded into processes
 * of a fault run and nowhere else: no file is changed, and the product knows nothing of it (see `plant.mjs`).
 *
 * `changes`: file of the repository, the text there, what stands in its place, and how often it is there (once, unless said).
 * `finds`: the invariants of which at least one must be violated. `faults`: what to do to which part again and again, where the
 * bug shows only then.
 */
export const SEEDED_BUGS = [
  {
    name: 'revocation-message-ignored',
    what: 'a keys replica acknowledges that it forgot a key, and does not forget it',
    finds: ['INV-01', 'INV-02', 'INV-04'],
    changes: [
      {
        file: 'apps/keys/dist/replica.js',
        text: /this\.known\.hear\(readChange\(payload\)\);/g,
        becomes: '',
      },
    ],
    faults: [],
  },
  {
    name: 'consume-without-guard',
    what: 'a refresh token is looked at and then spent, with no lock, no guard and no unique parent',
    finds: ['INV-05'],
    changes: [
      { file: 'apps/identity/dist/grants/grants.store.js', text: / FOR UPDATE OF s/g, becomes: '' },
      {
        file: 'apps/identity/dist/grants/grants.store.js',
        text: / AND used_at IS NULL RETURNING token_hash/g,
        becomes: ' RETURNING token_hash',
      },
      {
        file: 'apps/identity/dist/grants/grants.store.js',
        text: /addRefreshToken\(manager, grant, hash, tokenHash, nowMs\)/g,
        becomes: 'addRefreshToken(manager, grant, hash, null, nowMs)',
      },
    ],
    faults: [],
  },
  {
    name: 'cache-without-lease',
    what: 'a keys replica goes on using what it remembers, whether it holds a lease or not',
    finds: ['INV-01', 'INV-02', 'INV-04'],
    changes: [
      {
        file: 'libs/lease/dist/lease.js',
        text: /return this\.monotonicMs\(\) < this\.validUntilMs;/g,
        becomes: 'return true;',
      },
      {
        file: 'libs/lease/dist/lease-keeper.js',
        text: /for \(const id of renewal\.changedIds\)\s+remembered\.evict\(id\);/g,
        becomes: '',
      },
      {
        file: 'libs/lease/dist/lease-keeper.js',
        text: /for \(const change of renewal\.announced\)\s+remembered\.hear\(\{ kind: 'announced', \.\.\.change \}\);/g,
        becomes: '',
      },
      { file: 'libs/lease/dist/lease-keeper.js', text: /(?<!\.)\bremembered\.clear\(\);/g, becomes: '', times: 2 },
    ],
    // It misses the message, and asks nobody whether it missed one.
    faults: [{ kind: 'link', target: 'keys-2/nats', way: 'cut', durationMs: 3_000, everyMs: 5_000 }],
  },
  {
    name: 'counter-read-then-write',
    what: 'limits are counted from what was read some time before',
    finds: ['INV-10'],
    changes: [
      {
        file: 'apps/ratelimit/dist/limits/redis-limits.store.js',
        text: /const run = \(\) => redis\.evalsha\(SCRIPT_SHA, keys\.length, \.\.\.keys, \.\.\.values\);/g,
        becomes: `const run = async () => {
          const names = [...new Set(keys.slice(1))];
          const read = await Promise.all(names.map((name) => redis.hgetBuffer(name, 'windows')));
          await new Promise((resolve) => setTimeout(resolve, 5));
          const writing = redis.multi();
          names.forEach((name, place) => (read[place] === null ? writing.del(name) : writing.hset(name, 'windows', read[place])));
          writing.evalsha(SCRIPT_SHA, keys.length, ...keys, ...values);
          const [failed, reply] = (await writing.exec()).at(-1);
          if (failed) throw failed;
          return reply;
        };`,
      },
    ],
    faults: [],
  },
  {
    name: 'fail-open-authentication',
    what: 'a gateway lets through whom nobody can verify',
    finds: ['INV-12', 'INV-01'],
    changes: [
      {
        file: 'apps/gateway/dist/edge/authorize-secret.js',
        text: /if \(found === 'unavailable'\)\s+return deny\('verification_unavailable'\);/g,
        becomes: `if (found === 'unavailable') {
          const nobody = {
            keyId: 'key_nobody', revision: 1, api: published.api.name, organizationId: 'org_nobody', projectId: 'prj_nobody',
            plan: 'free', environment: 'live', name: 'nobody', metadata: {}, scopes: [], state: 'active', expiresAtMs: null,
            allowedAddresses: [], limits: [], organizationLimits: null, organizationSuspended: false, uses: 'unlimited',
            creatorRole: 'owner', secret: { generation: 1, endsAtMs: null },
          };
          return allow(nobody, { kind: 'key', digest }, needs, []);
        }`,
      },
    ],
    faults: [{ kind: 'link', target: 'gateway-1/nats', way: 'cut', durationMs: 3_000, everyMs: 4_000 }],
  },
  {
    name: 'negative-cache-not-purged',
    what: 'a keys replica remembers that a key does not exist, also when it exists',
    finds: ['INV-03', 'INV-04'],
    changes: [
      {
        file: 'apps/keys/dist/verification/verify.js',
        text: /const LOADS_MAX = 256;/g,
        becomes: 'const LOADS_MAX = 256; const absent = new Set();',
      },
      {
        file: 'apps/keys/dist/verification/verify.js',
        text: /const reply = known\.replyTo\(digest, knownRevision\);/g,
        becomes: `const reply = absent.has(digest.toString('latin1')) ? 'unknown' : known.replyTo(digest, knownRevision);`,
      },
      {
        file: 'apps/keys/dist/verification/verify.js',
        text: /else if \(key === undefined\)\s+replies\[place\] = 'unknown';/g,
        becomes: `else if (key === undefined) { absent.add(digest); replies[place] = 'unknown'; }`,
      },
    ],
    faults: [],
  },
];

/**
 * What a built file becomes with some bugs in it.
 * @throws Error where a text is not there as often as it should be: the bug would not be there either.
 */
export function withBugs(path, source, names) {
  let changed = source;
  for (const { name, changes } of SEEDED_BUGS) {
    if (!names.includes(name)) continue;
    for (const { file, text, becomes, times = 1 } of changes) {
      if (!path.endsWith(`/${file}`)) continue;
      const found = changed.match(text)?.length ?? 0;
      if (found !== times) throw new Error(`${name}: its text is ${found} times in ${file}, not ${times}`);
      changed = changed.replace(text, () => becomes);
    }
  }
  return changed;
}
