/** A value that is used once, in one run, and is looked for afterwards everywhere. */
export interface Canary {
  readonly kind: Kind;
  /** At least 24 characters that look the same in JSON, in addresses and in headers. */
  readonly value: string;
}

/** Where a secret of one kind may be, because it is documented and cannot be otherwise; everywhere else it is a leak. */
interface Whereabouts {
  /** Subjects of messages that ask with it. */
  readonly asks?: readonly string[];
  /** Subjects whose answers have it. */
  readonly answers?: readonly string[];
  /** Its SHA-256, never itself: on the bus, or stored. */
  readonly digest?: readonly ('bus' | 'stored')[];
}

const IDENTITY = 'gatehouse.v1.identity';
const KEYS = 'gatehouse.v1.keys';

const TOKEN_CARE = [`${IDENTITY}.tokens.revoke`, `${IDENTITY}.tokens.introspect`];

const WHEREABOUTS = {
  /** The answer to its creation or rotation is the one message that has it; gateways ask with the digest. */
  key: { answers: [`${KEYS}.issue`, `${KEYS}.rotate`], digest: ['bus'] },
  /** Identity alone can tell whether it is right. */
  password: {
    asks: [
      `${IDENTITY}.sign-in`,
      `${IDENTITY}.sign-up`,
      `${IDENTITY}.password.reset`,
      `${IDENTITY}.password.change`,
      `${IDENTITY}.tokens.sign-in`,
    ],
  },
  'session token': {
    asks: [`${IDENTITY}.authenticate`, `${IDENTITY}.devices.remember`],
    answers: [`${IDENTITY}.sign-in`, `${IDENTITY}.second-factor.answer`, `${IDENTITY}.password.change`],
    digest: ['stored'],
  },
  /** In the mail to its owner, and in what the reader of that sends back. */
  'link token': {
    asks: [
      `${IDENTITY}.email.verify`,
      `${IDENTITY}.password.reset`,
      `${IDENTITY}.invitations.accept`,
      `${IDENTITY}.recovery.confirm`,
      `${IDENTITY}.recovery.cancel`,
      `${IDENTITY}.recovery.complete`,
    ],
    digest: ['stored'],
  },
  'device token': {
    asks: [`${IDENTITY}.sign-in`, `${IDENTITY}.devices.remember`, `${IDENTITY}.password.change`],
    answers: [`${IDENTITY}.devices.remember`],
    digest: ['stored'],
  },
  'access token': {
    asks: [`${IDENTITY}.authenticate`, `${IDENTITY}.tokens.judge`, ...TOKEN_CARE],
    answers: [
      `${IDENTITY}.tokens.sign-in`,
      `${IDENTITY}.tokens.refresh`,
      `${IDENTITY}.sign-in`,
      `${IDENTITY}.second-factor.answer`,
      `${IDENTITY}.password.change`,
      `${IDENTITY}.authenticate`,
    ],
  },
  /** Identity is asked about every bearer token, and about one that is a refresh token as well. */
  'refresh token': {
    asks: [`${IDENTITY}.tokens.refresh`, `${IDENTITY}.authenticate`, ...TOKEN_CARE],
    answers: [`${IDENTITY}.tokens.sign-in`, `${IDENTITY}.tokens.refresh`],
    digest: ['stored'],
  },
  /** A sign-in that waits for its second factor. */
  challenge: {
    asks: [`${IDENTITY}.second-factor.answer`, `${IDENTITY}.recovery.start`],
    answers: [`${IDENTITY}.sign-in`],
    digest: ['stored'],
  },
  'TOTP secret': { answers: [`${IDENTITY}.second-factor.enrol`] },
  'backup code': {
    asks: [`${IDENTITY}.second-factor.answer`],
    answers: [`${IDENTITY}.second-factor.confirm`, `${IDENTITY}.second-factor.renew-codes`],
  },
  /** What binds both halves of a sign-in with a provider; gateway and identity say it over HTTP. */
  'state of a round trip': { digest: ['stored'] },
  'browser of a round trip': { digest: ['stored'] },
  /** What a provider gives, and what is shown to it: for one exchange. */
  'PKCE verifier': {},
  'code of a provider': {},
  'token of a provider': {},
  'CSRF token': { answers: [`${IDENTITY}.authenticate`] },
  /** What was typed where it does not belong: it ends where it arrived. */
  'misplaced secret': {},
  /** What the processes are started with. */
  setting: {},
} as const satisfies Readonly<Record<string, Whereabouts>>;
export type Kind = keyof typeof WHEREABOUTS;

export function whereaboutsOf(kind: Kind): Whereabouts {
  return WHEREABOUTS[kind];
}
