/** The last request that a key's secret came with, as far as gateways have reported. */
export interface LastUse {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly address: string;
  readonly userAgent: string;
  /** The row of the route table that it fell under. */
  readonly route: string;
}
