import type { ExecutionContext, Type } from '@nestjs/common';
import { AuthGuard, type IAuthGuard } from '@nestjs/passport';
import type { Vouched } from './provider.js';

/** How Passport came to its end. Where it sends the browser away, it comes to none. */
export type PassportEnd =
  | { readonly kind: 'vouched'; readonly vouched: Vouched }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * Passport as a function that answers, in place of a guard that throws.
 * @param strategy name of one process's strategy; Passport's table of names is one for all of them
 */
export function askPassport(strategy: string): (execution: ExecutionContext) => Promise<PassportEnd> {
  const Passport: Type<IAuthGuard> = AuthGuard(strategy);
  class Guard extends Passport {
    override handleRequest<End = PassportEnd>(error: unknown, vouched: Vouched | false): End {
      return (vouched ? { kind: 'vouched', vouched } : { kind: 'failed', error }) as End;
    }
  }
  const guard = new Guard();
  return async (execution) => {
    await guard.canActivate(execution);
    return execution.switchToHttp().getRequest<{ user: PassportEnd }>().user;
  };
}
