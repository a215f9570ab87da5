import type { Api } from '@gatehouse/catalog/api';
import { MANAGEMENT_API } from '@gatehouse/catalog/management-api';
import { aKey } from '@gatehouse/key-domain/a-key.conformance';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import type { EdgePorts } from '../edge/authorize-secret.js';
import type { Charge } from '../edge/limits-for.js';
import type { ImportPeppers } from '../routes/imported-forms.js';
import { apisWithKeys, publishApis } from '../routes/published-api.js';
import type { Use } from '../usage/use.js';
import type { VerificationPorts } from './verify-key.js';

/** For tests: keys and limits behind the decision, as the test wants them; what was charged is written down. */
export class FakeKeys {
  readonly charges: { readonly subjects: readonly string[]; readonly cost: number }[] = [];
  readonly spent: { readonly keyId: string; readonly cost: number }[] = [];
  readonly uses: Use[] = [];
  /** How often somebody asked for a key. */
  asked = 0;
  down: 'keys' | 'limits' | 'uses' | undefined;
  /** What every charge is answered; undefined: allowed. */
  refusedForSeconds: number | undefined;
  private readonly facts = new Map<string, KeyFacts>();
  private made = 0;

  constructor(
    private readonly apis: readonly Api[],
    private readonly nowMs: () => number,
    private readonly importPeppers: ImportPeppers = new Map(),
  ) {}

  /** A key of this API; `facts` change it. @returns its secret */
  add(api: string, facts: Partial<KeyFacts> = {}): string {
    const [environment, prefix] = this.prefixOf(api);
    const secret = mintKey(prefix, Buffer.alloc(32, ++this.made));
    this.set(secret, aKey({ keyId: `key_${this.made}`, api, environment, ...facts }));
    return secret;
  }

  /** @param digest under which the secret is looked up; SHA-256 where it says nothing */
  set(secret: string, facts: KeyFacts, digest: Buffer = digestKey(secret)): void {
    this.facts.set(digest.toString('hex'), facts);
  }

  /** A secret of the right form that nobody has. */
  unknown(api: string): string {
    return mintKey(this.prefixOf(api)[1]);
  }

  get ports(): VerificationPorts {
    const table = publishApis({ apis: this.apis, gateways: 1 }, undefined, this.importPeppers);
    return { apis: apisWithKeys(table), edge: this.edge, usage: { record: (use) => void this.uses.push(use) } };
  }

  private prefixOf(api: string): [environment: string, prefix: string] {
    const found = [...this.apis, MANAGEMENT_API].find(({ name }) => name === api);
    const [first] = Object.entries(found?.profile.key.prefixes ?? {});
    if (first === undefined) throw new Error(`no API ${api}`);
    return first;
  }

  private readonly edge: EdgePorts = {
    findKey: async (digest) => {
      this.asked++;
      return this.down === 'keys' ? 'unavailable' : (this.facts.get(digest.toString('hex')) ?? 'unknown');
    },
    takeLimits: async (_published, charge) => {
      if (this.down === 'limits') return { kind: 'unavailable' };
      this.charges.push({ subjects: charge.subjects.map(({ subject }) => subject), cost: charge.cost });
      return this.refusedForSeconds === undefined
        ? { kind: 'allowed', windows: windowsOf(charge, charge.cost) }
        : { kind: 'refused', windows: windowsOf(charge, 0), retryAfterSeconds: this.refusedForSeconds };
    },
    spendUses: async (keyId, cost) => {
      if (this.down === 'uses') return { kind: 'unavailable' };
      this.spent.push({ keyId, cost });
      return { kind: 'spent', left: 10 - cost };
    },
    nowMs: () => this.nowMs(),
  };
}

function windowsOf({ subjects }: Charge, used: number) {
  return subjects.flatMap(({ subject, limits }) =>
    limits.map(({ windowSeconds, quota }) => ({
      subject,
      windowSeconds,
      quota,
      remaining: quota - used,
      resetAtSeconds: 1_768_478_460,
    })),
  );
}
