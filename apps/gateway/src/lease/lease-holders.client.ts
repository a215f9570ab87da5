import { call } from '@gatehouse/bus/call.client';
import { registerLease, releaseLease, renewLease } from '@gatehouse/contracts/leases';
import type { KeeperPorts } from '@gatehouse/lease/lease-keeper';
import type { ClientProxy } from '@nestjs/microservices';

/** Several tries fit into one lease: a replica of keys that hangs must not cost it. */
const DEADLINE_MS = 400;

/** The lease holders as a gateway reaches them: through whichever replica of keys answers. */
export function leaseHolders(client: ClientProxy): KeeperPorts['holders'] {
  return {
    register: async (holderId) =>
      (await call(client, registerLease, { holderId, learnsAnnounced: true }, DEADLINE_MS)).appliedSeq,
    renew: (holderId, appliedSeq) => call(client, renewLease, { holderId, appliedSeq }, DEADLINE_MS),
    release: async (holderId) => {
      await call(client, releaseLease, { holderId }, DEADLINE_MS);
    },
  };
}
