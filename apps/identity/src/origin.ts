/** Where a request comes from, as the gateway saw it: for the session list and the audit log. */
export interface Origin {
  readonly address: string;
  readonly userAgent: string;
  readonly requestId: string;
}
