import type { Api } from '@gatehouse/catalog/api';

/** A published API as its consumers need it; nothing of its upstream or of how it is guarded. */
export function publishedApi(api: Api) {
  return {
    name: api.name,
    profile: api.profile.name,
    description: api.profile.description,
    hosts: api.hosts,
    base_path: `/apis/${api.name}`,
    environments: Object.entries(api.profile.key.prefixes).map(([name, keyPrefix]) => ({
      name,
      key_prefix: keyPrefix,
    })),
    scopes: Object.entries(api.profile.scopes).map(([name, description]) => ({ name, description })),
  };
}
