import { serve } from '@gatehouse/bus/serve.server';
import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { describeRatelimit, type RatelimitDescription } from './describe.js';

export const DESCRIPTION = Symbol('description of this replica');

@Controller()
export class DescribeController {
  private readonly description: RatelimitDescription;

  constructor(@Inject(DESCRIPTION) description: unknown) {
    this.description = describeRatelimit.output.parse(description);
  }

  @MessagePattern(describeRatelimit.subject)
  describe(@Payload() payload: unknown) {
    return serve(describeRatelimit, payload, async () => this.description);
  }
}
