import { serve } from '@gatehouse/bus/serve.server';
import { type AuditEntryView, type AuditQuery, listAudit } from '@gatehouse/contracts/audit';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';

export const AUDIT_DOOR = Symbol('audit door');

export interface AuditDoor {
  auditLogOf(query: AuditQuery): Promise<AuditEntryView[]>;
}

/** What happened to people and organizations. */
@Controller()
export class AuditController {
  constructor(@Inject(AUDIT_DOOR) private readonly door: AuditDoor) {}

  @MessagePattern(listAudit.identity.subject)
  list(@Payload() payload: unknown): Promise<unknown> {
    return serve(listAudit.identity, payload, async (query) => ({
      kind: 'listed' as const,
      entries: await this.door.auditLogOf(query),
    }));
  }
}
