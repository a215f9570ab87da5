import { describe, expect, it } from '@jest/globals';
import { isOutage } from './is-outage.js';

const withCode = (code: string) => Object.assign(new Error('x'), { code });

describe('isOutage', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', '57P01', '57014', '08006', '25006'])(
    'knows %s as a part that is not there',
    (code) => {
      expect(isOutage(withCode(code))).toBe(true);
    },
  );

  it('looks at what caused a fault', () => {
    expect(isOutage(new Error('the statement failed', { cause: withCode('57P03') }))).toBe(true);
    expect(isOutage(Object.assign(new Error('query failed'), { driverError: withCode('ECONNREFUSED') }))).toBe(true);
    expect(isOutage(new Error('outer', { cause: new Error('Connection terminated unexpectedly') }))).toBe(true);
  });

  it.each(['23505', '42P01', 'ERR_INVALID_ARG_TYPE'])('takes %s for what it is: something wrong', (code) => {
    expect(isOutage(withCode(code))).toBe(false);
  });

  it('says no to what is no error, and to circles', () => {
    const circle = new Error('round');
    circle.cause = circle;
    for (const fault of [undefined, null, 'ECONNREFUSED', { code: 'ECONNREFUSED' }, circle])
      expect(isOutage(fault)).toBe(false);
  });
});
