import type { Api } from './api.js';
import { type KeyPattern, keyExpression, keyPatterns } from './key-patterns.js';

/** Whose form the rules may be in; `regex` is one `name<TAB>expression` a line, as GitHub asks partners for. */
export const LEAK_RULE_FORMATS = ['regex', 'gitleaks', 'trufflehog'] as const;
export type LeakRuleFormat = (typeof LEAK_RULE_FORMATS)[number];

/** What scanners need to find the keys of these APIs. Holds no secret: prefixes are what every key shows. */
export function renderLeakRules(apis: readonly Pick<Api, 'name' | 'profile'>[], format: LeakRuleFormat): string {
  const rules = keyPatterns(apis).map(RULES[format]);
  return `${HEADS[format]}${rules.join('')}`;
}

const HEADS: Readonly<Record<LeakRuleFormat, string>> = { regex: '', gitleaks: '', trufflehog: 'detectors:\n' };

const RULES: Readonly<Record<LeakRuleFormat, (pattern: KeyPattern) => string>> = {
  regex: (pattern) => `${pattern.name}\t${expressionOf(pattern)}\n`,
  gitleaks: (pattern) => `[[rules]]
id = "${pattern.name}"
description = "API key (${pattern.name})"
regex = '''${expressionOf(pattern)}'''
keywords = ["${pattern.prefix.head}"]

`,
  trufflehog: (pattern) => `  - name: ${pattern.name}
    keywords: ['${pattern.prefix.head}']
    regex:
      key: '${expressionOf(pattern)}'
`,
};

/**
 * A key must end where the expression does, or every longer text would match. Nothing is asked of what stands before: in
 * files that is often the end of an escape, as in `\n` or `%3D`, which is a letter or a digit.
 */
function expressionOf({ prefix }: KeyPattern): string {
  return `${keyExpression(prefix)}\\b`;
}
