import { serve } from '@gatehouse/bus/serve.server';
import { type AuditEntryView, type AuditQuery, listAudit } from '@gatehouse/contracts/audit';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';

/** Token of what the controller works with. */
export const AUDIT = Symbol('audit');

export interface AuditPorts {
  auditLogOf(query: AuditQuery): Promise<AuditEntryView[]>;
}

/** What happened to keys. */
@Controller()
export class AuditController {
  constructor(@Inject(AUDIT) private readonly ports: AuditPorts) {}

  @MessagePattern(listAudit.keys.subject)
  list(@Payload() payload: unknown) {
    return serve(listAudit.keys, payload, async (query) => ({
      kind: 'listed' as const,
      entries: await this.ports.auditLogOf(query),
    }));
  }
}
