import { describe, expect, it } from '@jest/globals';
import { compileText, placeholdersOf, renderTemplate } from './render-template.js';

describe('renderTemplate', () => {
  it('keeps the type of a value that is the whole string', () => {
    const template = { number: '{n}', nothing: '{none}', list: '{l}', text: 'n is {n}' };
    expect(renderTemplate(template, { n: 45, none: null, l: ['a', 'b'] })).toEqual({
      number: 45,
      nothing: null,
      list: ['a', 'b'],
      text: 'n is 45',
    });
  });

  it('writes lists with spaces and null as nothing into longer texts', () => {
    expect(renderTemplate('needs {scopes}{none}.', { scopes: ['a.read', 'b'], none: null })).toBe('needs a.read b.');
  });

  it('does not search values for placeholders', () => {
    expect(renderTemplate('{a} and {a}', { a: '{b}', b: 'never' })).toBe('{b} and {b}');
  });

  it('finds nothing but given values behind a name', () => {
    expect(renderTemplate('{constructor}', {})).toBeNull();
    expect(compileText('<{constructor}>')({})).toBe('<>');
  });

  it('leaves braces alone that hold no name', () => {
    expect(renderTemplate(['{}', '{ a }', '{A}', 7, true, null], { a: 1 })).toEqual([
      '{}',
      '{ a }',
      '{A}',
      7,
      true,
      null,
    ]);
  });

  it('names every placeholder of a nested template once', () => {
    expect([...placeholdersOf({ a: '{x} {y}', b: ['{x}', { c: '{z}' }], d: 1 })]).toEqual(['x', 'y', 'z']);
  });
});
