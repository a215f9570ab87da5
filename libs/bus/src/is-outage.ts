/** Node's codes for a server that cannot be reached, and PostgreSQL's (SQLSTATE) for one that does not serve now. */
const CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  // Class 57: shut down, crashed, starting up, statement cancelled by its timeout.
  '57P01',
  '57P02',
  '57P03',
  '57014',
  // Our login is refused: it is being changed, or the database is another one.
  '28000',
  '28P01',
  // Too many connections; out of disk; read only.
  '53300',
  '53100',
  '25006',
]);

/** The driver has no code for these. */
const MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/**
 * Whether a fault says that a part was not there, rather than that something is wrong: the caller may try again
 * shortly. Looks at the fault and at what caused it.
 */
export function isOutage(fault: unknown): boolean {
  for (let current = fault, depth = 0; current instanceof Error && depth < 5; depth++) {
    const { code, message, cause, driverError } = current as Error & { code?: unknown; driverError?: unknown };
    if (typeof code === 'string' && (CODES.has(code) || code.startsWith('08'))) return true;
    if (MESSAGES.test(message)) return true;
    current = cause ?? driverError;
  }
  return false;
}
