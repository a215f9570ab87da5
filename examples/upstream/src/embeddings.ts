import { createHash } from 'node:crypto';
import { type Answer, json, refuse } from './answer.js';
import { usageOf } from './chat-completion.js';

const DIMENSIONS = 8;

/** `POST /v1/embeddings`: eight numbers that depend on the text alone; as numbers, or as base64 of 32-bit floats. */
export function embed(body: Record<string, unknown>): Answer {
  const inputs = typeof body.input === 'string' ? [body.input] : body.input;
  if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every((input) => typeof input === 'string')) {
    return refuse(400, 'invalid_type', 'input must be a text or an array of texts', 'input');
  }
  const data = inputs.map((input: string, index) => ({
    object: 'embedding',
    index,
    embedding: body.encoding_format === 'base64' ? base64Of(vectorOf(input)) : [...vectorOf(input)],
  }));
  const { prompt_tokens, total_tokens } = usageOf(inputs.join(' '), 0);
  return json({
    object: 'list',
    data,
    model: body.model ?? 'example-embedding-1',
    usage: { prompt_tokens, total_tokens },
  });
}

function vectorOf(text: string): Float32Array {
  const digest = createHash('sha256').update(text).digest();
  return Float32Array.from({ length: DIMENSIONS }, (_, index) => digest.readInt32LE(index * 4) / 2 ** 31);
}

function base64Of(vector: Float32Array): string {
  return Buffer.from(vector.buffer).toString('base64');
}
