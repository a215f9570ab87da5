import type { Catalog } from '@gatehouse/catalog/api';
import { publishedKeys } from '@gatehouse/contracts/identity';
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { Allow } from './allow.guard.js';
import { publishedApi } from './published-apis.js';
import type { AskService } from './services.client.js';
import { CATALOG, SERVICES, UPSTREAM_IDENTITY_KEYS } from './settings.js';

/** What clients and upstreams look up before they start: the published APIs and the public keys. */
@Controller()
export class DiscoveryController {
  constructor(
    @Inject(CATALOG) private readonly catalog: Catalog,
    @Inject(SERVICES) private readonly ask: AskService,
    @Inject(UPSTREAM_IDENTITY_KEYS) private readonly upstreamIdentityKeys: readonly object[],
  ) {}

  @Get('/api/v1/apis')
  @Allow('public')
  apis() {
    return { data: this.catalog.apis.map(publishedApi) };
  }

  /** Keys of access tokens (identity signs them) and of the identity tokens that upstreams get (this gateway does). */
  @Get('/.well-known/jwks.json')
  @Allow('public')
  @Header('cache-control', 'public, max-age=60')
  async jwks() {
    const { keys } = await this.ask(publishedKeys, {});
    return { keys: [...keys, ...this.upstreamIdentityKeys] };
  }
}
