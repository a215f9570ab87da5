/** What a route says: one JSON document, or a stream of server-sent events. */
export type Answer =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'events'; readonly events: readonly string[] };

export function json(body: unknown, status = 200): Answer {
  return { kind: 'json', status, body };
}

/** A refusal in the shape of OpenAI's API. */
export function refuse(status: number, code: string, message: string, param: string | null = null): Answer {
  return json({ error: { message, type: 'invalid_request_error', param, code } }, status);
}
