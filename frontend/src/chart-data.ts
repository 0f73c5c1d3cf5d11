import { clock, day, duration, quantity, type Unit } from './units';

export type Point = readonly [at: number, value: number | null];

export interface LoadSeries {
  readonly name: string;
  /** What people call it, where the name is none of the known kinds. */
  readonly title?: string | null;
  readonly unit: Unit;
  readonly points: readonly Point[];
  /** What the whole is, such as a host's memory in bytes; the axis then ends there. */
  readonly max?: number | null;
}

export interface Threshold {
  readonly series: string;
  readonly value: number;
}

/** A migration as the load API tells it; instants in ISO 8601. */
export interface MigrationMark {
  readonly id: number;
  readonly at: string;
  readonly vm: string;
  readonly from: string;
  readonly to: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly downtimeMillis: number | null;
}

export interface LoadAnswer {
  readonly from: string;
  readonly to: string;
  readonly resolutionSeconds: number;
  readonly series: readonly LoadSeries[];
  readonly thresholds?: readonly Threshold[];
  readonly migrations?: readonly MigrationMark[];
}

/** A span of time in epoch milliseconds; `live` when it ends now and moves with the clock. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly live: boolean;
}

const HOUR = 3_600_000;
const RANGES: Readonly<Record<string, number>> = { '15m': HOUR / 4, '1h': HOUR, '6h': 6 * HOUR, '24h': 24 * HOUR, '7d': 168 * HOUR };
/** A hole of more than so many sampling periods is drawn as a gap. */
const GAP_PERIODS = 2.5;
/** Pixels between two labels of a row. */
const LABEL_ROOM = 8;

/** Read the time span of a page from its query: `?from=&to=` in ISO 8601, else `?range=`, else the fallback range. */
export function spanOf(search: string, now: number, fallback = '1h'): Span {
  const query = new URLSearchParams(search);
  const from = Date.parse(query.get('from') ?? '');
  const to = Date.parse(query.get('to') ?? '');
  if (from < to) return { from, to, live: false };
  const length = RANGES[query.get('range') ?? ''] ?? RANGES[fallback] ?? HOUR;
  return { from: now - length, to: now, live: true };
}

/** Write the query of a zoomed span, keeping whatever else the query says. */
export function zoomedSearch(search: string, from: number, to: number): string {
  const query = new URLSearchParams(search);
  query.delete('range');
  query.set('from', new Date(from).toISOString());
  query.set('to', new Date(to).toISOString());
  return `?${query}`;
}

/**
 * Put series on one time axis: the first row is instants, then a row per series. Where a series has no sample for
 * longer than the resolution allows, a null is put in, so that the hole stays a hole.
 */
export function aligned(series: readonly LoadSeries[], resolutionSeconds: number): [number[], ...(number | null)[][]] {
  const longest = resolutionSeconds * 1000 * GAP_PERIODS;
  const maps = series.map(({ points }) => {
    const values = new Map<number, number | null>();
    points.forEach(([at, value], index) => {
      const before = points[index - 1];
      if (before && at - before[0] > longest) values.set(before[0] + 1, null);
      values.set(at, value);
    });
    return values;
  });
  const instants = [...new Set(maps.flatMap((values) => [...values.keys()]))].toSorted((a, b) => a - b);
  return [instants, ...maps.map((values) => instants.map((at) => values.get(at) ?? null))];
}

/** The upper end of the axis: 100 % for shares, the whole where it is known, else a step of it above what is there. */
export function axisMax(series: readonly LoadSeries[], thresholds: readonly number[]): number {
  const shown = series.flatMap(({ points }) => points.map(([, value]) => value ?? 0));
  const highest = shown.reduce((a, b) => Math.max(a, b), 0);
  if (series[0]?.unit === 'share') return Math.max(1, highest);
  const whole = Math.max(0, ...series.map(({ max }) => max ?? 0));
  if (whole > 0) return Math.max(whole, highest);
  const unit = series[0]?.unit ?? 'count';
  const flat = unit === 'bytes' || unit === 'bytesPerSecond' ? 1024 : 1;
  const reach = Math.max(highest, ...thresholds) * 1.1 || flat;
  const [, step = reach] = axisSteps(reach, unit);
  return Math.ceil(reach / step - 0.01) * step;
}

/** Choose round axis steps in the unit: powers of two for bytes, 1-2-5 otherwise. At most `count` steps reach `max`. */
export function axisSteps(max: number, unit: Unit, count = 4): number[] {
  let step: number;
  if (unit === 'share' && max <= 1) step = 0.25;
  else if (unit === 'bytes' || unit === 'bytesPerSecond') step = 2 ** Math.ceil(Math.log2(max / count));
  else {
    const rough = max / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
  }
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, index) => index * step);
}

/** Label a mark at three lengths: what moved, where to and how long it paused; without the target; the VM alone. */
export function markLabels(mark: MigrationMark): readonly [string, string, string] {
  const pause = mark.downtimeMillis === null ? '' : `, ${duration(mark.downtimeMillis)}`;
  return [`${mark.vm} → ${mark.to}${pause}`, `${mark.vm}${pause}`, mark.vm];
}

/** The instants of a migration: from its start to its end, and the pause before the end; null where not measured. */
export function bandsOf(mark: MigrationMark): { readonly at: number; readonly start: number; readonly pause: readonly [number, number] | null } {
  const at = Date.parse(mark.finishedAt ?? mark.at);
  const start = Date.parse(mark.startedAt ?? mark.at);
  return { at, start, pause: mark.finishedAt !== null && mark.downtimeMillis !== null ? [at - mark.downtimeMillis, at] : null };
}

export interface PlacedLabel {
  readonly text: string;
  readonly left: number;
  readonly mark: number;
}

/**
 * Place the labels of marks in one row above the plot, so that none covers a line or another label. A label starts at
 * its mark and is pushed left at the right edge. All labels take the longest form that fits; where even the shortest
 * does not, neighbours share one label, "3 moves".
 */
export function placeLabels(
  marks: readonly { readonly x: number; readonly texts: readonly string[] }[],
  width: number,
  measure: (text: string) => number,
): PlacedLabel[] {
  const forms = marks[0]?.texts.length ?? 0;
  let placed: PlacedLabel[] = [];
  for (let form = 0; form < forms && placed.length < marks.length; form += 1) {
    placed = inOneRow(marks.map(({ x, texts }, mark) => ({ x, text: texts[form] ?? '', mark })), width, measure);
  }
  return placed;
}

interface Mark {
  readonly x: number;
  readonly text: string;
  readonly mark: number;
}

function inOneRow(marks: readonly Mark[], width: number, measure: (text: string) => number): PlacedLabel[] {
  const groups: { members: Mark[]; left: number; text: string }[] = [];
  const grouped = (members: Mark[]) => {
    const text = members.length === 1 ? (members[0]?.text ?? '') : `${members.length} moves`;
    return { members, text, left: Math.max(0, Math.min((members[0]?.x ?? 0) - 2, width - measure(text))) };
  };
  for (const mark of marks.toSorted((a, b) => a.x - b.x)) {
    let group = grouped([mark]);
    for (let last = groups.at(-1); last && last.left + measure(last.text) + LABEL_ROOM > group.left; last = groups.at(-1)) {
      groups.pop();
      group = grouped([...last.members, ...group.members]);
    }
    groups.push(group);
  }
  return groups.map(({ members, left, text }) => ({ text, left, mark: members[0]?.mark ?? 0 }));
}

/** Say what a chart shows, for somebody who does not see it. */
export function sentence(label: string, answer: LoadAnswer, series: readonly LoadSeries[]): string {
  const told = series.map((each) => {
    const values = each.points.map(([, value]) => value).filter((value) => value !== null);
    const last = values.at(-1);
    if (last === undefined) return `${seriesName(each)}: no samples`;
    const lowest = values.reduce((a, b) => Math.min(a, b));
    const highest = values.reduce((a, b) => Math.max(a, b));
    return `${seriesName(each)} between ${quantity(lowest, each.unit)} and ${quantity(highest, each.unit)}, last ${quantity(last, each.unit)}`;
  });
  const count = answer.migrations?.length ?? 0;
  const moves = count === 0 ? '' : `; ${count} ${count === 1 ? 'migration' : 'migrations'}`;
  return `${label} from ${instant(Date.parse(answer.from))} to ${instant(Date.parse(answer.to))}: ${told.join('; ')}${moves}.`;
}

/** Thin a chart out to at most `rows` lines of a table: the instant and each value as text. */
export function tableRows(data: readonly (readonly (number | null)[])[], series: readonly LoadSeries[], rows = 60): string[][] {
  const instants = data[0] ?? [];
  const stride = Math.max(1, Math.ceil(instants.length / rows));
  return instants
    .map((at, index) => ({ at, index }))
    .filter(({ index }) => index % stride === 0 && series.some((_, row) => data[row + 1]?.[index] !== null))
    .map(({ at, index }) => [instant(at ?? 0), ...series.map(({ unit }, row) => quantity(data[row + 1]?.[index], unit))]);
}

const NAMES: Readonly<Record<string, string>> = {
  cpu: 'CPU',
  memory: 'Memory',
  networkReceived: 'Received',
  networkSent: 'Sent',
  diskRead: 'Read',
  diskWritten: 'Written',
  imbalance: 'Imbalance',
  remaining: 'Remaining',
  dirtyRate: 'Dirty rate',
  bandwidth: 'Bandwidth',
};

/** Name a series for people. */
export function seriesName({ name, title }: LoadSeries): string {
  return title ?? NAMES[name] ?? name;
}

function instant(at: number): string {
  return `${day(at)} ${clock(at, true)}`;
}
