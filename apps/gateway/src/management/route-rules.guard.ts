import { RequestMethod, type Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';
import { type Rule, ruleOf } from './allow.guard.js';
import type { ServedRoute } from './allowed-methods.js';

export interface RuledRoute extends ServedRoute {
  readonly rule: Rule | undefined;
}

/** Every route that controllers declare, with its rule. */
export function ruledRoutes(controllers: readonly Type[]): readonly RuledRoute[] {
  return controllers.flatMap((controller) =>
    new MetadataScanner().getAllMethodNames(controller.prototype).flatMap((name) => {
      const handler = controller.prototype[name];
      const path: string | undefined = Reflect.getMetadata('path', handler);
      if (path === undefined) return [];
      const method = RequestMethod[Reflect.getMetadata('method', handler)] ?? '';
      return [{ method, path, rule: ruleOf(handler) }];
    }),
  );
}

/**
 * Refuses to start where a route is served that states no rule. HEAD comes with GET and has its rule.
 * @throws Error that names the routes
 */
export function checkEveryRouteHasRule(served: readonly ServedRoute[], controllers: readonly Type[]): void {
  const ruled = new Set(
    ruledRoutes(controllers)
      .filter(({ rule }) => rule !== undefined)
      .map(({ method, path }) => `${method} ${path}`),
  );
  const open = served
    .map(({ method, path }) => `${method === 'HEAD' ? 'GET' : method} ${path}`)
    .filter((route) => !ruled.has(route));
  if (open.length > 0) throw new Error(`these routes state no rule (@Allow): ${[...new Set(open)].join(', ')}`);
}
