type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Headers in which a client's credential travels; a gateway that does its job lets none of them through. */
const CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'cookie', 'proxy-authorization'];

/** Headers of the gateway whose value stands for the caller as a credential does. */
const SIGNED = /^x-gatehouse-(identity|.*(token|secret|signature))$/;

/**
 * What the gateway told us about the caller: its headers with their values, but of a signed one only that it came.
 * Of the client's credentials only the names of their headers, to show whether they were stripped.
 */
export function describeCaller(headers: Headers) {
  const ours = Object.entries(headers).filter(([name]) => name.startsWith('x-gatehouse-'));
  return {
    gatehouse: Object.fromEntries(ours.map(([name, value]) => [name, SIGNED.test(name) ? 'present' : value])),
    credentials: CREDENTIAL_HEADERS.filter((name) => headers[name] !== undefined),
  };
}
