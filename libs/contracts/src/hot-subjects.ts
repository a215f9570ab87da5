/** Subjects of the hot path; their payloads are the binary records of `verify-records.ts` and `limit-records.ts`. */
export const VERIFY_SUBJECT = 'gatehouse.v1.keys.verify';
export const TAKE_SUBJECT = 'gatehouse.v1.ratelimit.take';

/** Where gateways have parts of quotas charged ahead, and give back what they did not use; `allotment-records.ts`. */
export const ALLOT_SUBJECT = 'gatehouse.v1.ratelimit.allot';
export const GIVE_BACK_SUBJECT = 'gatehouse.v1.ratelimit.give-back';

/** Where gateways tell the keys service what keys were used for; the payload is the JSON of `usage-report.ts`. */
export const USAGE_SUBJECT = 'gatehouse.v1.keys.usage';

/** Where one keys replica hears that a key has changed. Replica ids are checked before they enter a subject. */
export function invalidateSubject(holderId: string): string {
  return `gatehouse.v1.keys.invalidate.${checkReplicaId(holderId)}`;
}

/** Where one gateway that holds a lease of its own hears the same. */
export function gatewayInvalidateSubject(holderId: string): string {
  return `gatehouse.v1.gateway.invalidate.${checkReplicaId(holderId)}`;
}

/** Where one keys replica verifies, as all of them do on `VERIFY_SUBJECT`; `replicaId` is its lease holder id. */
export function verifyReplicaSubject(replicaId: string): string {
  return `${VERIFY_SUBJECT}.${checkReplicaId(replicaId)}`;
}

function checkReplicaId(id: string): string {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new Error('a lease holder id is 32 hexadecimal digits');
  return id;
}
