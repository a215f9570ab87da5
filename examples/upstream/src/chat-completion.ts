import { createHash } from 'node:crypto';
import { type Answer, json, refuse } from './answer.js';

/** What the chat route reads of a request's body; fields that it does not know are ignored, as they are upstream. */
interface ChatRequest {
  readonly model: string;
  readonly prompt: string;
  readonly maxWords: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

/** `POST /v1/chat/completions`, plain or streamed: the same body always gets the same text. */
export function completeChat(body: Record<string, unknown>, nowSeconds: number): Answer {
  const request = readChatRequest(body);
  if ('kind' in request) return request;
  const words = replyTo(request.prompt).split(' ');
  const said = words.slice(0, request.maxWords);
  const finishReason = said.length < words.length ? 'length' : 'stop';
  const head = { id: completionId(body), created: nowSeconds, model: request.model };
  const usage = usageOf(request.prompt, said.length);
  if (request.stream)
    return { kind: 'events', events: chunksOf(head, said, finishReason, request.includeUsage, usage) };
  const message = { role: 'assistant', content: said.join(' '), refusal: null };
  return json({
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    usage,
  });
}

/** The made-up answer; as long as the prompt, so that a caller can ask for a long stream. */
export function replyTo(prompt: string): string {
  return `You said: ${prompt} This answer comes from the example upstream.`;
}

/** Tokens, counted as words: good enough for an example. */
export function usageOf(prompt: string, completionTokens: number) {
  const promptTokens = prompt.split(/\s+/).filter((word) => word !== '').length;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

function readChatRequest(body: Record<string, unknown>): ChatRequest | Answer {
  const { model, messages, stream, stream_options: streamOptions } = body;
  if (typeof model !== 'string' || model === '') {
    return refuse(400, 'missing_required_parameter', 'you must provide a model parameter', 'model');
  }
  if (!Array.isArray(messages) || messages.length === 0) {
    return refuse(400, 'missing_required_parameter', 'messages must be an array with at least one message', 'messages');
  }
  const limit = body.max_completion_tokens ?? body.max_tokens;
  return {
    model: model === 'auto' ? 'example-1' : model,
    prompt: lastUserText(messages),
    maxWords: typeof limit === 'number' && limit >= 1 ? Math.floor(limit) : Number.POSITIVE_INFINITY,
    stream: stream === true,
    includeUsage: (streamOptions as { include_usage?: unknown } | null | undefined)?.include_usage === true,
  };
}

/** The text of the last message of the user, whose content is a text or a list of parts. */
function lastUserText(messages: readonly unknown[]): string {
  const fromUser = messages.filter((message) => (message as { role?: unknown } | null)?.role === 'user');
  const content = (fromUser.at(-1) as { content?: unknown } | undefined)?.content;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: { text?: unknown } | null) => (typeof part?.text === 'string' ? part.text : ''))
    .join(' ')
    .trim();
}

interface Head {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

function chunksOf(
  head: Head,
  words: readonly string[],
  finishReason: 'stop' | 'length',
  includeUsage: boolean,
  usage: ReturnType<typeof usageOf>,
): string[] {
  const chunk = (choices: readonly unknown[], more: object = includeUsage ? { usage: null } : {}) =>
    JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, ...more });
  const delta = (content: object, reason: string | null = null) =>
    chunk([{ index: 0, delta: content, logprobs: null, finish_reason: reason }]);
  return [
    delta({ role: 'assistant', content: '' }),
    ...words.map((word, index) => delta({ content: index === 0 ? word : ` ${word}` })),
    delta({}, finishReason),
    ...(includeUsage ? [chunk([], { usage })] : []),
    '[DONE]',
  ];
}

function completionId(body: Record<string, unknown>): string {
  return `chatcmpl-${createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 24)}`;
}
