import type { Catalog } from '@gatehouse/catalog/api';
import { Controller, Get, Header, Inject, Param, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Allow } from '../management/allow.guard.js';
import { authenticate } from '../management/authenticate.client.js';
import { publishedApi } from '../management/published-apis.js';
import { readSessionCredential } from '../management/read-session-credential.js';
import { Refusal } from '../management/refusal.js';
import { PAGE_CONTENT_SECURITY_POLICY } from '../management/security-headers.js';
import type { AskService } from '../management/services.client.js';
import { CATALOG, type ManagementSettings, SERVICES, SETTINGS } from '../management/settings.js';
import { readAsset } from './assets.loader.js';
import { renderError } from './render-error.js';
import { renderHome, type Visitor } from './render-home.js';
import { renderSetup } from './render-setup.js';

const HTML = 'text/html; charset=utf-8';

/** The pages of the platform's host, and the three files that they need. */
@Controller()
export class PagesController {
  private readonly style = readAsset('page.css');
  private readonly script = readAsset('setup.js');
  private readonly mark = readAsset('mark.svg');

  constructor(
    @Inject(CATALOG) private readonly catalog: Catalog,
    @Inject(SETTINGS) private readonly settings: ManagementSettings,
    @Inject(SERVICES) private readonly ask: AskService,
  ) {}

  @Get('/')
  @Allow('public')
  @Header('content-type', HTML)
  @Header('content-security-policy', PAGE_CONTENT_SECURITY_POLICY)
  async home(@Req() request: FastifyRequest) {
    const visitor = await this.visitorOf(request);
    return renderHome(this.catalog.apis.map(publishedApi), this.settings.publicOrigin, visitor);
  }

  @Get('/setup')
  @Allow('public')
  @Header('content-type', HTML)
  @Header('content-security-policy', PAGE_CONTENT_SECURITY_POLICY)
  setup() {
    return renderSetup();
  }

  /** Where the `type` of every problem leads. */
  @Get('/errors/:code')
  @Allow('public')
  @Header('content-type', HTML)
  @Header('content-security-policy', PAGE_CONTENT_SECURITY_POLICY)
  error(@Param('code') code: string) {
    const text = renderError(code);
    if (text === undefined) throw new Refusal('not_found');
    return text;
  }

  @Get('/assets/page.css')
  @Allow('public')
  @Header('content-type', 'text/css; charset=utf-8')
  @Header('cache-control', 'no-cache')
  pageStyle() {
    return this.style;
  }

  @Get('/assets/setup.js')
  @Allow('public')
  @Header('content-type', 'text/javascript; charset=utf-8')
  @Header('cache-control', 'no-cache')
  setupScript() {
    return this.script;
  }

  @Get('/assets/mark.svg')
  @Allow('public')
  @Header('content-type', 'image/svg+xml')
  @Header('cache-control', 'no-cache')
  icon() {
    return this.mark;
  }

  /** Who is signed in in this browser; nobody where that cannot be told, since the page is for everybody. */
  private async visitorOf(request: FastifyRequest): Promise<Visitor | undefined> {
    const cookie = readSessionCredential({ cookie: request.headers.cookie }, this.settings.secureCookies);
    if (cookie.kind !== 'found') return undefined;
    const found = await authenticate(cookie, false, this.ask).catch(() => undefined);
    if (found?.kind !== 'authenticated') return undefined;
    return { email: found.session.account.email, csrfToken: found.session.csrfToken };
  }
}
