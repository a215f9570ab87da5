import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import type { Catalog } from './api.js';
import { checkProfile } from './check-profile.js';
import { type Configuration, configurationSchema } from './configuration-schema.js';
import { type PlacedProblem, problemLines } from './placed-problem.js';
import { listText, type Problem, pathText } from './problem.js';
import { type Profile, profileSchema } from './profile-schema.js';
import { readYaml } from './read-yaml.js';
import { resolveCatalog } from './resolve-catalog.js';
import { schemaProblems } from './schema-problems.js';

/** A configuration that cannot be used. The message lists every problem with its line; nothing was started. */
export class CatalogError extends Error {
  /** `gatehouse.yaml:12:5 apis[0].hosts[1]: what is wrong`, in the order of the files. */
  readonly problems: readonly string[];

  constructor(file: string, placed: readonly PlacedProblem[]) {
    const problems = problemLines(placed);
    super(`The configuration ${file} cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** The profiles that come with Gatehouse. */
const BUILT_IN_PROFILES = fileURLToPath(new URL('../../../profiles', import.meta.url));

/** A parsed file and how to point into it. */
interface Loaded<Content> {
  readonly content: Content;
  readonly place: (problem: Problem) => PlacedProblem;
}

/**
 * Reads gatehouse.yaml and the profiles that it names: each from the folder `profiles` beside the file, else from the
 * built-in ones.
 * @throws CatalogError with every problem that there is.
 */
export async function loadCatalog(file: string, builtInProfilesFolder: string = BUILT_IN_PROFILES): Promise<Catalog> {
  const problems: PlacedProblem[] = [];
  const configuration = await loadFile(file, basename(file), configurationSchema, problems);
  if (configuration === undefined) throw new CatalogError(file, problems);
  const profiles = await loadProfiles(
    configuration,
    [join(dirname(file), 'profiles'), builtInProfilesFolder],
    problems,
  );
  const resolved = resolveCatalog(configuration.content, profiles);
  if (resolved.kind === 'refused') problems.push(...resolved.problems.map(configuration.place));
  if (problems.length > 0 || resolved.kind === 'refused') throw new CatalogError(file, problems);
  return resolved.catalog;
}

/**
 * Reads the profile of this name from the first of the folders that has it.
 * @returns undefined where `problems` has got what is wrong with it.
 */
async function loadProfile(
  name: string,
  folders: readonly string[],
  problems: PlacedProblem[],
): Promise<Profile | undefined> {
  for (const folder of folders) {
    if (!(await profileNames(folder)).includes(name)) continue;
    const loaded = await loadFile(join(folder, `${name}.yaml`), `profiles/${name}.yaml`, profileSchema, problems);
    if (loaded === undefined) return undefined;
    const found = checkProfile(loaded.content);
    if (loaded.content.name !== name) found.push({ path: ['name'], message: `must be ${name}, as the file is called` });
    problems.push(...found.map(loaded.place));
    return loaded.content;
  }
  return undefined;
}

async function loadProfiles(
  configuration: Loaded<Configuration>,
  folders: readonly string[],
  problems: PlacedProblem[],
): Promise<Map<string, Profile>> {
  const known = [...new Set((await Promise.all(folders.map(profileNames))).flat())].sort();
  const profiles = new Map<string, Profile>();
  const wanted = new Set<string>();
  for (const [index, { profile: name }] of configuration.content.apis.entries()) {
    if (!known.includes(name)) {
      const message = `there is no profile ${name}; known are ${listText(known)}`;
      problems.push(configuration.place({ path: ['apis', index, 'profile'], message }));
    } else if (!wanted.has(name)) {
      wanted.add(name);
      const profile = await loadProfile(name, folders, problems);
      if (profile !== undefined) profiles.set(name, profile);
    }
  }
  return profiles;
}

async function profileNames(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  return files.filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -'.yaml'.length));
}

async function loadFile<Schema extends z.ZodType>(
  file: string,
  shownName: string,
  schema: Schema,
  problems: PlacedProblem[],
): Promise<Loaded<z.infer<Schema>> | undefined> {
  const text = await readText(file, shownName, problems);
  if (text === undefined) return undefined;
  const yaml = readYaml(text);
  if (yaml.kind === 'refused') {
    problems.push(...yaml.problems.map(({ position, message }) => ({ file: shownName, position, text: message })));
    return undefined;
  }
  const place = ({ path, message, at }: Problem): PlacedProblem => ({
    file: shownName,
    position: yaml.positionOf(path, at),
    text: path.length === 0 ? message : `${pathText(path)}: ${message}`,
  });
  const parsed = schema.safeParse(yaml.value);
  if (!parsed.success) {
    problems.push(...schemaProblems(parsed.error, yaml.value).map(place));
    return undefined;
  }
  return { content: parsed.data, place };
}

async function readText(file: string, shownName: string, problems: PlacedProblem[]): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    const text = READ_FAULTS[(error as NodeJS.ErrnoException).code ?? ''] ?? 'cannot be read';
    problems.push({ file: shownName, position: undefined, text });
    return undefined;
  }
}

const READ_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EISDIR: 'is a folder, not a file',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text',
};
