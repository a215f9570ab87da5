import { describe, expect, it } from '@jest/globals';
import { readImportPeppers } from './import-peppers.js';

const read = (text: string) =>
  [...(readImportPeppers(text) ?? [])].map(([name, secret]) => [name, secret.toString('hex')]);

describe('readImportPeppers', () => {
  it('reads names and secrets, in either alphabet of base64, with or without padding', () => {
    expect(read('unkey=AAEC,former_2=+/8=, third-3=-_8 ,four=AQ')).toEqual([
      ['unkey', '000102'],
      ['former_2', 'fbff'],
      ['third-3', 'fbff'],
      ['four', '01'],
    ]);
  });

  it('refuses what would be another pepper than the one that is meant', () => {
    const wrong = [
      '',
      'a',
      'a=',
      '=AAEC',
      'a=AAEC,',
      'a=AAEC,a=AAEC',
      'a=A',
      'a=A AEC',
      'a=AAEC==x',
      'a=AB',
      '1=AAEC',
      'a=Ä',
    ];
    for (const text of wrong) expect(readImportPeppers(text)).toBeUndefined();
  });
});
