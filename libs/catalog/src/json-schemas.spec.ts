import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { jsonSchemas } from './json-schemas.js';

const command = 'npm -w libs/catalog run schemas';

describe('docs/schemas', () => {
  for (const [name, text] of Object.entries(jsonSchemas())) {
    it(`holds ${name} as the code has it (${command} writes it anew)`, () => {
      const committed = readFileSync(new URL(`../../../docs/schemas/${name}`, import.meta.url), 'utf8');
      expect(JSON.parse(committed)).toEqual(JSON.parse(text));
    });
  }
});
