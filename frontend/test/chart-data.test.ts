import { describe, expect, it } from 'vitest';
import { aligned, axisMax, axisSteps, bandsOf, placeLabels, sentence, spanOf, tableRows, zoomedSearch, type LoadAnswer, type LoadSeries, type MigrationMark } from '../src/chart-data';

const NOW = Date.parse('2025-11-23T14:00:00Z');
const series = (name: string, points: LoadSeries['points'], unit: LoadSeries['unit'] = 'share'): LoadSeries => ({ name, unit, points });
const mark = (more: Partial<MigrationMark>): MigrationMark => ({ id: 7, at: '2025-11-23T13:30:00Z', vm: 'web-07', from: 'a', to: 'b', startedAt: null, finishedAt: null, downtimeMillis: null, ...more });

describe('time spans', () => {
  it('reads a named range and follows the clock', () => {
    expect(spanOf('?range=6h', NOW)).toEqual({ from: NOW - 6 * 3_600_000, to: NOW, live: true });
  });

  it('reads from and to before a range, and stands still', () => {
    const span = spanOf('?range=6h&from=2025-11-23T10:00:00Z&to=2025-11-23T11:00:00Z', NOW);
    expect(span).toEqual({ from: NOW - 4 * 3_600_000, to: NOW - 3 * 3_600_000, live: false });
  });

  it('falls back on nonsense and on a span that ends before it starts', () => {
    const hour = { from: NOW - 3_600_000, to: NOW, live: true };
    expect(spanOf('?range=fortnight', NOW)).toEqual(hour);
    expect(spanOf('?from=2025-11-23T11:00:00Z&to=2025-11-23T10:00:00Z', NOW)).toEqual(hour);
  });

  it('writes a zoom so that it is read back, and keeps other parameters', () => {
    const search = zoomedSearch('?range=6h&q=web', NOW - 1000, NOW);
    expect(spanOf(search, NOW + 99)).toEqual({ from: NOW - 1000, to: NOW, live: false });
    expect(new URLSearchParams(search).get('q')).toBe('web');
  });
});

describe('alignment', () => {
  it('joins series with different instants', () => {
    expect(aligned([series('a', [[1000, 1], [2000, 2]]), series('b', [[2000, 5], [3000, 6]])], 1)).toEqual([
      [1000, 2000, 3000],
      [1, 2, null],
      [null, 5, 6],
    ]);
  });

  it('keeps a hole in the samples as a gap', () => {
    const [instants, values] = aligned([series('a', [[0, 1], [5000, 1], [60_000, 1]])], 5);
    expect(instants).toEqual([0, 5000, 5001, 60_000]);
    expect(values).toEqual([1, 1, null, 1]);
  });

  it('does not take one late sample for a gap', () => {
    expect(aligned([series('a', [[0, 1], [11_000, 1]])], 5)[0]).toEqual([0, 11_000]);
  });
});

describe('the axis', () => {
  it('shows the whole for shares, and more when a host is overcommitted', () => {
    expect(axisMax([series('cpu', [[0, 0.2]])], [0.85])).toBe(1);
    expect(axisMax([series('cpu', [[0, 1.3]])], [])).toBe(1.3);
  });

  it('keeps the threshold in sight', () => {
    expect(axisSteps(axisMax([series('diskRead', [[0, 0]], 'bytesPerSecond')], []), 'bytesPerSecond')).toEqual([0, 256, 512, 768, 1024]);
    expect(axisMax([series('imbalance', [[0, 0.05]], 'score')], [0.15])).toBeGreaterThan(0.15);
  });

  it('ends at the capacity where it is known', () => {
    expect(axisMax([{ ...series('memory', [[0, 5]], 'bytes'), max: 32 }], [])).toBe(32);
  });

  it('ends at a labelled step where no capacity is known', () => {
    const top = axisMax([series('networkReceived', [[0, 21 * 2 ** 20]], 'bytesPerSecond')], []);
    expect(top).toBe(24 * 2 ** 20);
    expect(axisSteps(top, 'bytesPerSecond').at(-1)).toBe(top);
    const uneven = axisMax([series('imbalance', [[0, 0.69]], 'score')], [0.15]);
    expect(uneven).toBeCloseTo(0.8);
    expect(axisSteps(uneven, 'score').at(-1)).toBeCloseTo(0.8);
  });

  it('does not break down over nothing at all', () => {
    expect(axisMax([series('diskRead', [], 'bytesPerSecond')], [])).toBe(1024);
  });

  it('takes round steps', () => {
    expect(axisSteps(1, 'share')).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(axisSteps(32 * 2 ** 30, 'bytes').map((step) => step / 2 ** 30)).toEqual([0, 8, 16, 24, 32]);
    expect(axisSteps(0.33, 'score').map((step) => step.toFixed(1))).toEqual(['0.0', '0.1', '0.2', '0.3']);
  });
});

describe('marks', () => {
  const width = (text: string): number => text.length * 6;
  const at = (x: number) => ({ x, texts: ['web-07 → kvm-04', 'web-07'] });

  it('shades the pause before the end', () => {
    const bands = bandsOf(mark({ startedAt: '2025-11-23T13:29:36Z', finishedAt: '2025-11-23T13:30:00Z', downtimeMillis: 312 }));
    expect(bands.at - bands.start).toBe(24_000);
    expect(bands.pause).toEqual([bands.at - 312, bands.at]);
  });

  it('shades nothing that was not measured', () => {
    expect(bandsOf(mark({ finishedAt: '2025-11-23T13:30:00Z' })).pause).toBeNull();
  });

  it('shortens labels before it merges them', () => {
    expect(placeLabels([at(10), at(70)], 400, width).map(({ text }) => text)).toEqual(['web-07', 'web-07']);
    expect(placeLabels([at(10), at(20), at(300)], 400, width).map(({ text }) => text)).toEqual(['2 moves', 'web-07']);
  });

  it('never lets two labels overlap or leave the plot', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const marks = Array.from({ length: (seed % 9) + 1 }, (_, index) => at((seed * 37 * (index + 3)) % 400));
      const placed = placeLabels(marks, 400, width);
      placed.forEach((label, index) => {
        const next = placed[index + 1];
        expect(label.left).toBeGreaterThanOrEqual(0);
        expect(label.left + width(label.text)).toBeLessThanOrEqual(next ? next.left : 400);
      });
    }
  });
});

describe('words for those who do not see the chart', () => {
  const cpu = series('cpu', [[NOW - 60_000, 0.12], [NOW - 30_000, 0.91], [NOW, null]]);
  const answer: LoadAnswer = { from: '2025-11-23T13:00:00Z', to: '2025-11-23T14:00:00Z', resolutionSeconds: 30, series: [cpu], migrations: [mark({})] };

  it('says range, last value and migrations', () => {
    expect(sentence('CPU of kvm-02', answer, [cpu])).toMatch(/^CPU of kvm-02 from .*: CPU between 12 % and 91 %, last 91 %; 1 migration\.$/);
  });

  it('calls a host by its name', () => {
    const host = { ...cpu, name: 'host-12', title: 'kvm-02' };
    expect(sentence('CPU', answer, [host])).toContain('kvm-02 between 12 % and 91 %');
  });

  it('says that there are no samples', () => {
    expect(sentence('CPU', answer, [series('cpu', [])])).toContain('CPU: no samples');
  });

  it('lists values, without rows of gaps', () => {
    const rows = tableRows(aligned([cpu], 30), [cpu]);
    expect(rows.map((row) => row[1])).toEqual(['12 %', '91 %']);
  });
});
