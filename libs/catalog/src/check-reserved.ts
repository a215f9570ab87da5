import type { Configuration } from './configuration-schema.js';
import { MANAGEMENT_API, MANAGEMENT_KEY_PREFIX } from './management-api.js';
import type { Problem } from './problem.js';
import type { Profile } from './profile-schema.js';

/** What no API of gatehouse.yaml may take: the name of the management API, and the beginning of its keys. */
export function checkReserved({ apis }: Configuration, profiles: ReadonlyMap<string, Profile>): Problem[] {
  return apis.flatMap(({ name, profile, importedKeys }, index): Problem[] => {
    const path = ['apis', index];
    const problems: Problem[] = [];
    if (name === MANAGEMENT_API.name) {
      problems.push({ path: [...path, 'name'], message: `${name} is the name of the management API; choose another` });
    }
    const prefixes = Object.values(profiles.get(profile)?.key.prefixes ?? {});
    if (prefixes.some(isReserved)) {
      const message = `keys of the profile ${profile} begin with ${MANAGEMENT_KEY_PREFIX}, as those of the management API do`;
      problems.push({ path: [...path, 'profile'], message });
    }
    importedKeys.forEach(({ prefix }, form) => {
      if (!isReserved(prefix)) return;
      const message = `${MANAGEMENT_KEY_PREFIX} is what keys of the management API begin with`;
      problems.push({ path: [...path, 'importedKeys', form, 'prefix'], message });
    });
    return problems;
  });
}

function isReserved(prefix: string): boolean {
  return prefix.startsWith(MANAGEMENT_KEY_PREFIX);
}
