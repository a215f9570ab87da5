import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret, TOTP } from 'otpauth';
import { bearer } from './key-lives.mjs';

const TOKENS = '/apis/people/v1/auth';
const PORTFOLIOS = '/apis/people/v1/portfolios/';
const AT_ONCE = 3;
const STEP_SECONDS = 30;

/**
 * People who sign up, follow their link several times at once, sign in, exchange refresh tokens one after the other and then one
 * several times at once, revoke tokens, change their password, and answer with codes of an authenticator.
 */
export function people(world) {
  const { client, recorder, outboxFolder } = world;
  const read = new Set();
  let lastPerson = 0;

  /** A person; throws `Abandoned` where it is not known what has happened. */
  async function liveOne(process, random) {
    try {
      await life(process, random, newPerson());
    } catch (error) {
      if (!(error instanceof Abandoned)) throw error;
      await pause(200);
    }
  }

  function newPerson() {
    const number = ++lastPerson;
    // An address of its own, so that nobody is limited for what others do.
    const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
    return {
      name: `person-${number}`,
      email: `person-${number}@example.com`,
      password: `nine quiet otters swim north ${number}`,
      address,
    };
  }

  async function life(process, random, person) {
    const gateway = () => world.anyGateway(random);
    const post = (path, json, headers = {}) => ({
      gateway: gateway(),
      method: 'POST',
      path,
      json,
      headers: { 'x-forwarded-for': person.address, ...headers },
    });
    const must = async (request, wanted) => {
      const answer = await client.ask(request.gateway, request);
      if (answer.status !== wanted) throw new Abandoned();
      return answer;
    };

    await must(post('/auth/signup', { email: person.email, password: person.password, name: person.name }), 202);
    const token = await linkTo(person.email);
    const spends = await atOnce(() =>
      client.change({
        process,
        ...post('/auth/email/verify', { token }),
        as: [{ operation: 'spend', object: `link of ${person.name}` }],
      }),
    );
    if (!spends.some(({ outcome }) => outcome === 'ok')) throw new Abandoned();

    const families = [await signIn('first'), await signIn('second')];
    const [first, second] = families;
    await use(first);
    for (let step = random.between(0, 2); step > 0; step--) await exchangeOne(first);
    await race(first);
    await use(first);
    await exchange(first, first.refreshToken);
    if (random.chance(0.3)) await revoke(second);
    await use(second);
    const browser = await signInBrowser();
    if (random.chance(0.3)) await codes(browser);
    else await changePassword(browser);
    for (const family of families) await use(family);
    await exchange(second, second.refreshToken);

    async function signIn(which) {
      const object = `${which} session of ${person.name}`;
      const opened = await client.change({
        process,
        ...post(`${TOKENS}/token`, { email: person.email, password: person.password }),
        as: [{ operation: 'open-session', object, given: { account: person.name } }],
      });
      if (opened.outcome !== 'ok') throw new Abandoned();
      const { access_token: accessToken, refresh_token: refreshToken } = JSON.parse(opened.text);
      return { object, accessToken, refreshToken, exchanges: 0 };
    }

    function use({ object, accessToken }) {
      const given = { account: person.name, family: object };
      return client.use({
        process,
        object,
        gateway: gateway(),
        path: PORTFOLIOS,
        headers: bearer(accessToken),
        given,
        silent: true,
      });
    }

    /** Tokens have names in the history, since a history is no place for secrets. */
    async function exchange(family, refreshToken) {
      family.names ??= new Map();
      const nameOf = (value) => {
        if (!family.names.has(value)) family.names.set(value, `${family.object}, token ${family.names.size + 1}`);
        return family.names.get(value);
      };
      const object = nameOf(refreshToken);
      const request = post(`${TOKENS}/refresh`, { refresh_token: refreshToken });
      const answer = await client.ask(request.gateway, request);
      const outcome = client.outcomeOf(answer);
      const tokens = outcome === 'ok' ? JSON.parse(answer.text) : undefined;
      const result = tokens === undefined ? {} : { child: nameOf(tokens.refresh_token) };
      const given = { family: family.object, account: person.name };
      client.record({
        process,
        operation: 'exchange',
        object,
        given,
        gateway: request.gateway,
        answer,
        outcome,
        result,
      });
      return { outcome, tokens };
    }

    async function exchangeOne(family) {
      const { outcome, tokens } = await exchange(family, family.refreshToken);
      if (outcome !== 'ok') throw new Abandoned();
      family.accessToken = tokens.access_token;
      family.refreshToken = tokens.refresh_token;
    }

    async function race(family) {
      world.counts.refreshRaces++;
      const all = await atOnce(() => exchange(family, family.refreshToken));
      const won = all.find(({ outcome }) => outcome === 'ok');
      if (won === undefined) return;
      family.accessToken = won.tokens.access_token;
      family.refreshToken = won.tokens.refresh_token;
    }

    async function revoke({ object, accessToken }) {
      const request = {
        ...post('/oauth/revoke', undefined),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      };
      const answer = await client.ask(request.gateway, {
        ...request,
        body: new URLSearchParams({ token: accessToken }).toString(),
      });
      const outcome = client.outcomeOf(answer);
      client.record({ process, operation: 'end', object, gateway: request.gateway, answer, outcome });
    }

    async function signInBrowser() {
      const answer = await must(post('/auth/login', { email: person.email, password: person.password }), 200);
      const { access_token: accessToken } = JSON.parse(answer.text);
      if (accessToken === undefined) throw new Abandoned();
      return { authorization: `Bearer ${accessToken}` };
    }

    async function changePassword(headers) {
      const json = { current_password: person.password, new_password: `${person.password} again` };
      await client.change({
        process,
        ...post('/auth/password/change', json, headers),
        as: [{ operation: 'change-credential', object: person.name }],
      });
    }

    /** Two sign-ins answer with one code at once; both cannot get in. */
    async function codes(headers) {
      const enrolled = await must(post('/auth/2fa/totp/enroll', {}, headers), 200);
      const totp = new TOTP({ secret: Secret.fromBase32(JSON.parse(enrolled.text).secret) });
      const stepNow = () => Math.floor(Date.now() / 1_000 / STEP_SECONDS);
      // The step before is still good, and leaves this one for the sign-ins.
      const codeAt = (step) => totp.generate({ timestamp: step * STEP_SECONDS * 1_000 });
      await must(post('/auth/2fa/totp/confirm', { code: codeAt(stepNow() - 1) }, headers), 200);
      const login = { email: person.email, password: person.password };
      const challenges = [];
      for (let index = 0; index < AT_ONCE; index++) {
        const { challenge } = JSON.parse((await must(post('/auth/login', login), 200)).text);
        if (challenge === undefined) throw new Abandoned();
        challenges.push(challenge);
      }
      const step = stepNow();
      await Promise.all(
        challenges.map(async (challenge, index) => {
          const request = post('/auth/login/second-factor', { challenge, code: codeAt(step) });
          const answer = await client.ask(request.gateway, request);
          const outcome = client.outcomeOf(answer);
          const result =
            outcome === 'failed' && answer.text.includes('second_factor_invalid') ? { verdict: 'wrong' } : {};
          const given = { step, challenge: `${person.name} ${index}`, account: person.name };
          client.record({
            process,
            operation: 'answer-code',
            object: person.name,
            given,
            gateway: request.gateway,
            answer,
            outcome,
            result,
          });
        }),
      );
      world.counts.codeRaces++;
    }
  }

  /** The token of the link in the mail to an address. */
  async function linkTo(email) {
    const untilNs = recorder.nowNs() + 20e9;
    while (recorder.nowNs() < untilNs) {
      for (const name of await readdir(outboxFolder).catch(() => [])) {
        if (!name.endsWith('.eml') || read.has(name)) continue;
        const text = await readFile(join(outboxFolder, name), 'utf8');
        const to = /^To: .*?([\w.-]+@example\.com)/m.exec(text)?.[1];
        const token = /#token=([\w-]{43})/.exec(text.replace(/=\r?\n/g, '').replaceAll('=3D', '='))?.[1];
        if (to === undefined) continue;
        read.add(name);
        if (token !== undefined) links.set(to, token);
      }
      const found = links.get(email);
      if (found !== undefined) {
        links.delete(email);
        return found;
      }
      await pause(100);
    }
    throw new Abandoned();
  }

  return { liveOne };
}

/** Links that were mailed and not asked for yet, by address. */
const links = new Map();

/** What this person does next would depend on what nobody knows. */
class Abandoned extends Error {}

function atOnce(ask) {
  return Promise.all(Array.from({ length: AT_ONCE }, ask));
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
