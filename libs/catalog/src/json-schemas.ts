import { z } from 'zod';
import { configurationSchema } from './configuration-schema.js';
import { profileSchema } from './profile-schema.js';

/**
 * The JSON Schemas of what operators write, for editors and pipelines: file name in docs/schemas -> its text.
 * What only shows when files are joined (unknown scopes, plans, placeholders) is checked at the start, not by these.
 */
export function jsonSchemas(): Readonly<Record<'gatehouse.schema.json' | 'profile.schema.json', string>> {
  return {
    'gatehouse.schema.json': schemaText('gatehouse.yaml', configurationSchema),
    'profile.schema.json': schemaText('A profile of Gatehouse', profileSchema),
  };
}

function schemaText(title: string, schema: z.ZodType): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}
