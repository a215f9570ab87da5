import { parseArgs } from 'node:util';

const USAGE = `usage: npm run bench -- [options] [id ...]
  id ...         measures only what these targets need, B8 say, and writes nothing
  --quick        one round of 2 s: a smoke test, not a result
  --rounds <n>   rounds over all contestants (7)
  --seconds <n>  seconds of load for each contestant in each round (4)
  --keys <n>     keys in use at random for B8 and B12 (1000000)
  --peers        the peers alone; writes nothing`;

/** How many keys are in use at random for B8 and B12; a smoke test has fewer. */
const KEYS = 1_000_000;
const KEYS_QUICK = 20_000;

/** Reads the command line; ends the process after `--help`, and where it cannot be understood. */
export function readOptions(knownIds) {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        peers: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        keys: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(`${USAGE}\n`);
      process.exit(0);
    }
    const unknown = positionals.find((id) => !knownIds.includes(id));
    if (unknown !== undefined) throw new Error(`${unknown} is none of ${knownIds.join(', ')}`);
    const number = (name, fallback, most) => {
      const value = Number(values[name] ?? fallback);
      if (!Number.isInteger(value) || value < 1 || value > most) throw new Error(`--${name} must be 1 to ${most}`);
      return value;
    };
    return {
      quick: values.quick,
      peers: values.peers,
      ids: positionals,
      rounds: number('rounds', values.quick ? 1 : 7, 20),
      seconds: number('seconds', values.quick ? 2 : 4, 5),
      latencyRequests: values.quick ? 1_000 : 6_000,
      keys: number('keys', values.quick ? KEYS_QUICK : KEYS, KEYS),
    };
  } catch (error) {
    process.stderr.write(`bench: ${error.message}\n${USAGE}\n`);
    process.exit(2);
  }
}
