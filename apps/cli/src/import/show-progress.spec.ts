import { describe, expect, it } from '@jest/globals';
import { NOTHING_YET, type Progress } from './progress.js';
import { duration, progressText, showProgress } from './show-progress.js';

const at = (imported: number, endByte: number, refused = 0): Progress => ({
  counts: { imported, exists: 0, refused },
  line: imported,
  endByte,
});

describe('progressText', () => {
  it('says share, rows, rate, refusals, and what is left', () => {
    expect(progressText(NOTHING_YET, at(340_000, 50, 12), 100, 160_000)).toBe(
      '[############............]  50 %  340,012 rows  2,125/s  12 refused  2m 40s left',
    );
    expect(progressText(NOTHING_YET, at(1_000, 100), 100, 1_000)).toBe(
      '[########################] 100 %  1,000 rows  1,000/s',
    );
  });

  it('measures the rate of this run, not of what an earlier one did', () => {
    expect(progressText(at(900, 90), at(950, 95), 100, 1_000)).toBe(
      '[#######################.]  95 %  950 rows  50/s  1s left',
    );
  });

  it('says no share where the size is not known, and divides by nothing', () => {
    expect(progressText(NOTHING_YET, at(10, 100), undefined, 1_000)).toBe('10 rows  10/s');
    expect(progressText(NOTHING_YET, NOTHING_YET, 100, 0)).toBe('[........................]   0 %  0 rows  0/s');
    expect(progressText(NOTHING_YET, NOTHING_YET, 0, 0)).toBe('0 rows  0/s');
  });
});

describe('duration', () => {
  it('is short', () => {
    expect([0, 45_400, 311_000, 7_380_000].map(duration)).toEqual(['0s', '45s', '5m 11s', '2h 03m']);
  });
});

describe('showProgress', () => {
  const shownOn = (isTerminal: boolean) => {
    let nowMs = 0;
    let text = '';
    const write = (more: string) => {
      text += more;
    };
    const shown = showProgress(NOTHING_YET, 100, { write, isTerminal, width: () => 40, nowMs: () => nowMs });
    const showAt = (atMs: number, rows: number) => {
      nowMs = atMs;
      shown.show(at(rows, rows));
    };
    return { shown, showAt, text: () => text };
  };

  it('paints one line over and over on a terminal, no wider than it, and no more often than ten times a second', () => {
    const { shown, showAt, text } = shownOn(true);
    for (let atMs = 0; atMs <= 1_000; atMs += 10) showAt(atMs, 50);
    shown.end();
    const lines = text().split('\r\u001b[2K').slice(1);
    expect(lines).toHaveLength(11);
    for (const line of lines) expect(line.replace('\n', '').length).toBeLessThan(40);
    expect(text().match(/\n/g)).toHaveLength(1);
  });

  it('writes a line every few seconds elsewhere, without control characters', () => {
    const { shown, showAt, text } = shownOn(false);
    for (let atMs = 0; atMs <= 20_000; atMs += 500) showAt(atMs, 50);
    shown.notice('again in 1 s');
    shown.end();
    expect(text().trimEnd().split('\n')).toHaveLength(5);
    expect(text().replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});
