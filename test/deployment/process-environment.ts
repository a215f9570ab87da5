import { basename, dirname } from 'node:path';
import { sourceOf } from './manifests.js';

type Environment = Readonly<Record<string, string | undefined>>;
type ReadConfig = (environment: Environment) => unknown;

/** What each of our programs reads its environment with. */
const PROGRAMS: Readonly<Record<string, { readonly module: string; readonly reader: RegExp }>> = {
  'apps/gateway/dist/main.js': { module: '../../apps/gateway/src/config.js', reader: /ProcessConfig$/ },
  'apps/identity/dist/main.js': { module: '../../apps/identity/src/config.js', reader: /^identityConfig$/ },
  'apps/keys/dist/main.js': { module: '../../apps/keys/src/config.js', reader: /ProcessConfig$/ },
  'apps/ratelimit/dist/main.js': { module: '../../apps/ratelimit/src/config.js', reader: /ProcessConfig$/ },
  'apps/standalone/dist/migrate.js': { module: '../../apps/standalone/src/config.js', reader: /^migrateConfig$/ },
  'examples/upstream/dist/main.js': { module: '../../examples/upstream/src/config.js', reader: /Config$/ },
};

/** A process as a deployment starts it: the program that its command names, and how that reads its environment. */
export interface Program {
  readonly file: string;
  /** The folder's name: `gateway`. */
  readonly name: string;
  /** Every variable that the program looks at. */
  readonly variables: ReadonlySet<string>;
  /** @throws ConfigurationError where the environment would stop the start */
  readonly readConfig: ReadConfig;
}

/** @throws Error where no argument names a program of ours that the build makes */
export async function programOf(command: readonly string[]): Promise<Program> {
  const file = command.find((argument) => argument.endsWith('.js')) ?? '';
  const program = PROGRAMS[file];
  if (command[0] !== 'node' || program === undefined || sourceOf(file) === undefined) {
    throw new Error(`${command.join(' ')}: names no program that the build makes`);
  }
  const readers = Object.entries((await import(program.module)) as Record<string, ReadConfig>);
  const readConfig = readers.find(([name]) => program.reader.test(name))?.[1];
  if (readConfig === undefined) throw new Error(`${program.module}: exports nothing like ${program.reader}`);
  return { file, name: basename(dirname(dirname(file))), variables: variablesOf(readConfig), readConfig };
}

/** Lets the program read an environment that writes down what it is asked for. */
function variablesOf(readConfig: ReadConfig): Set<string> {
  const asked = new Set<string>();
  const environment = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get: (_target, name) => {
        asked.add(String(name));
        return undefined;
      },
    },
  );
  try {
    readConfig(environment);
  } catch {
    // An empty environment is refused; by then all of it was asked for.
  }
  return asked;
}
