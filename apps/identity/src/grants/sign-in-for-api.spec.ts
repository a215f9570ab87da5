import { describe, expect, it } from '@jest/globals';
import { startSession } from '../sessions/session.js';
import { type AnswerChallenge, type SignInForApiPorts, signInForApi } from './sign-in-for-api.js';

const ORIGIN = { address: '192.0.2.1', userAgent: 'a program', requestId: 'req-1' };
const REQUEST = { email: 'ada@example.test', password: 'secret', origin: ORIGIN, secondFactor: '123456' };
const session = startSession({ id: 'acc_1', email: 'ada@example.test', name: '' }, ['password'], ORIGIN, 0);
const signedIn = { kind: 'signed_in', session, sessionToken: 'never told' } as const;
const challenged = {
  kind: 'second_factor_required',
  challenge: 'chl',
  methods: ['totp'],
  expiresInSeconds: 300,
} as const;

function door(
  first: Awaited<ReturnType<SignInForApiPorts['signIn']>>,
  answer: AnswerChallenge = async () => ({ kind: 'code_wrong' }),
) {
  const grant = { session, api: 'one', clientId: 'one', organizationId: null };
  const opened: string[] = [];
  const ports: SignInForApiPorts = {
    signIn: async () => first,
    answerChallenge: answer,
    openGrant: async ({ id }) => {
      opened.push(id);
      return { grant, refreshToken: 'one_rt_x' };
    },
  };
  return { opened, ports };
}

describe('signInForApi', () => {
  it('opens a grant with the session of a sign-in that is done, and tells its token to nobody', async () => {
    const { ports } = door(signedIn);
    const outcome = await signInForApi(REQUEST, ports);
    expect(outcome).toMatchObject({ kind: 'opened', opened: { refreshToken: 'one_rt_x' } });
    expect(JSON.stringify(outcome)).not.toContain('never told');
  });

  it('takes the second factor in the same request, and proves it to the challenge of that very sign-in', async () => {
    const steps: unknown[] = [];
    const { opened, ports } = door(challenged, async (step) => {
      steps.push(step);
      return { kind: 'proceeded', proceeded: signedIn, newBackupCodes: ['a-new-one'] };
    });
    expect(await signInForApi(REQUEST, ports)).toMatchObject({ kind: 'opened', newBackupCodes: ['a-new-one'] });
    expect(steps).toEqual([{ challenge: 'chl', code: '123456', origin: ORIGIN }]);
    expect(opened).toEqual([session.id]);
  });

  it.each([
    [{ kind: 'code_wrong' }, { kind: 'second_factor_invalid' }],
    [{ kind: 'challenge_ended' }, { kind: 'second_factor_invalid' }],
    [
      { kind: 'too_many_attempts', retryAfterSeconds: 9 },
      { kind: 'too_many_attempts', retryAfterSeconds: 9 },
    ],
    [
      { kind: 'proceeded', proceeded: { kind: 'account_disabled' }, newBackupCodes: null },
      { kind: 'account_disabled' },
    ],
  ] as const)('opens nothing where the second factor ends in %j', async (answered, expected) => {
    const { opened, ports } = door(challenged, async () => answered);
    expect(await signInForApi(REQUEST, ports)).toEqual(expected);
    expect(opened).toEqual([]);
  });

  it('answers the challenge where no second factor came', async () => {
    const { opened, ports } = door(challenged);
    expect(await signInForApi({ ...REQUEST, secondFactor: undefined }, ports)).toEqual(challenged);
    expect(opened).toEqual([]);
  });

  it('asks for no second factor after a wrong password', async () => {
    let asked = 0;
    const { ports } = door({ kind: 'credentials_invalid' }, async () => {
      asked += 1;
      return { kind: 'code_wrong' };
    });
    expect(await signInForApi(REQUEST, ports)).toEqual({ kind: 'credentials_invalid' });
    expect(asked).toBe(0);
  });

  it('gives nothing where the session ended before its grant was opened', async () => {
    const { ports } = door(signedIn);
    expect(await signInForApi(REQUEST, { ...ports, openGrant: async () => undefined })).toEqual({
      kind: 'credentials_invalid',
    });
  });
});
