import type { Catalog } from '@gatehouse/catalog/api';
import { hostName } from './judge-host.js';

/** Names of this machine for itself: never a name that a foreign page could be loaded under. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Every host name under which this gateway serves something, lower case. @param publicOrigin origin of PUBLIC_URL */
export function servedHosts(publicOrigin: string, catalog: Catalog): ReadonlySet<string> {
  const names = [new URL(publicOrigin).host, ...catalog.apis.flatMap((api) => api.hosts)].map(hostName);
  return new Set([...LOOPBACK, ...names.filter((name) => name !== undefined)]);
}
