import uPlot from 'uplot';
import { axisMax, axisSteps, bandsOf, markLabels, placeLabels, type LoadAnswer, type LoadSeries, type MigrationMark } from './chart-data';
import { clock, day, quantity } from './units';

/** The tokens a chart draws with, resolved for the theme on screen. */
export interface Inks {
  readonly line: string;
  readonly text: string;
  readonly muted: string;
  readonly bad: string;
  readonly accent: string;
  readonly series: readonly string[];
}

const FONT = '12px "IBM Plex Sans", sans-serif';
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 4], [1, 2], [10, 3, 1, 3, 1, 3]];
const MARK_ROW = 22;
/** Half of the widest label of the time axis, which stands under its end. */
const LABEL_OVERHANG = 28;
const DAY_MILLIS = 86_400_000;

/** Resolve the colour tokens as the page shows them now. */
export function inksOf(host: HTMLElement): Inks {
  const probe = host.appendChild(document.createElement('span'));
  const read = (token: string): string => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const inks = {
    line: read('--line'),
    text: read('--text'),
    muted: read('--muted'),
    bad: read('--bad'),
    accent: read('--accent'),
    series: [1, 2, 3, 4, 5, 6].map((index) => read(`--series-${index}`)),
  };
  probe.remove();
  return inks;
}

/** Dash of the n-th series, so that lines differ by more than colour. */
export function dashOf(index: number): number[] {
  return DASHES[index % DASHES.length] ?? [];
}

/** What a chart shows at the moment. */
export interface Drawing {
  readonly inks: Inks;
  readonly answer: LoadAnswer;
  readonly series: readonly LoadSeries[];
  readonly span: { readonly from: number; readonly to: number };
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly sync: string;
  readonly small: boolean;
  readonly zoomed: (from: number, to: number) => void;
  readonly pointed: (index: number | null) => void;
}

/** Whether a chart can show another drawing without being made anew. */
export function sameForm(one: Drawing, other: Drawing): boolean {
  return one.series.length === other.series.length && one.series.every(({ unit }, index) => unit === other.series[index]?.unit);
}

/**
 * Lay out one chart: one axis from 0, dashed thresholds, marks at migrations, gaps as gaps. Whatever may change while
 * the chart stands is asked for at each drawing.
 */
export function optionsOf(frame: Frame, now: () => Drawing): uPlot.Options {
  const { small } = frame;
  const unit = now().series[0]?.unit ?? 'count';
  const limits = (): number[] => limitsOf(now());
  const max = (): number => axisMax(now().series, limits());
  const marks = (): MigrationMark[] => (now().answer.migrations ?? []).filter((mark) => within(mark, now().span));
  const axis = { font: FONT, stroke: () => now().inks.muted, grid: { stroke: () => now().inks.line, width: 1 }, ticks: { show: false } };
  const headroom = (): number => (marks().length > 0 ? MARK_ROW : 8);
  return {
    width: frame.width,
    height: frame.height,
    ms: 1,
    padding: small ? [2, 0, 2, 0] : [headroom, LABEL_OVERHANG, 0, 0],
    legend: { show: false },
    select: { show: !small, left: 0, top: 0, width: 0, height: 0 },
    cursor: small
      ? { show: false }
      : { y: false, points: { size: 6 }, sync: { key: frame.sync }, drag: { x: true, y: false, setScale: false }, bind: { dblclick: () => null } },
    scales: { x: { time: true, range: () => [now().span.from, now().span.to] }, y: { range: () => [0, max()] } },
    axes: [
      { ...axis, show: !small, space: 72, size: 28, grid: { show: false }, values: (_, splits) => splits.map((at) => timeLabel(at, now().span.to - now().span.from)) },
      { ...axis, show: !small, size: 68, gap: 6, splits: () => axisSteps(max(), unit), values: (_, splits) => splits.map((value) => axisLabel(value, unit)) },
    ],
    series: [
      {},
      ...now().series.map((each, index) => ({
        label: each.name,
        stroke: () => now().inks.series[index] ?? now().inks.text,
        width: small ? 1.25 : 1.5,
        dash: dashOf(index),
        points: { show: small ? false : lonely },
        spanGaps: false,
      })),
    ],
    hooks: {
      drawClear: [(plot) => drawBands(plot, marks(), now().inks)],
      draw: [(plot) => drawOver(plot, marks(), limits(), now().inks, small)],
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          const from = plot.posToVal(plot.select.left, 'x');
          const to = plot.posToVal(plot.select.left + plot.select.width, 'x');
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          frame.zoomed(from, to);
        },
      ],
      setCursor: [(plot) => frame.pointed(plot.cursor.idx ?? null)],
    },
  };
}

function limitsOf({ answer, series }: Drawing): number[] {
  return (answer.thresholds ?? []).filter((each) => each.series === '*' || series.some(({ name }) => name === each.series)).map(({ value }) => value);
}

/** Show points only for samples without neighbours: a line cannot show those. */
const lonely: uPlot.Series.Points.Show = (plot, seriesIndex) => {
  const values = plot.data[seriesIndex] ?? [];
  return values.filter((value) => value !== null && value !== undefined).length < 3;
};

function drawBands(plot: uPlot, marks: readonly MigrationMark[], inks: Inks): void {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const mark of marks) {
    const bands = bandsOf(mark);
    fill(bands.start, bands.at, inks.accent, 0.08, 0);
    if (bands.pause) fill(bands.pause[0], bands.pause[1], inks.bad, 0.35, 3 * devicePixelRatio);
  }
  ctx.restore();

  function fill(from: number, to: number, colour: string, alpha: number, least: number): void {
    const left = Math.max(bbox.left, plot.valToPos(from, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, 'x', true));
    const width = Math.max(least, right - left);
    if (width <= 0 || right < bbox.left) return;
    ctx.globalAlpha = alpha;
    ctx.fillStyle = colour;
    ctx.fillRect(right - width, bbox.top, width, bbox.height);
  }
}

function drawOver(plot: uPlot, marks: readonly MigrationMark[], limits: readonly number[], inks: Inks, small: boolean): void {
  const { ctx, bbox } = plot;
  const dpr = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = dpr;
  for (const limit of limits) {
    const y = Math.round(plot.valToPos(limit, 'y', true)) + 0.5;
    stroke(inks.bad, [5 * dpr, 4 * dpr], bbox.left, y, bbox.left + bbox.width, y);
  }
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(bandsOf(mark).at, 'x', true)) + 0.5;
    stroke(inks.muted, [], x, small ? bbox.top : bbox.top - 6 * dpr, x, bbox.top + bbox.height);
  }
  if (!small && marks.length > 0) {
    ctx.font = FONT.replace('12px', `${12 * dpr}px`);
    ctx.textBaseline = 'bottom';
    ctx.textAlign = 'left';
    ctx.fillStyle = inks.text;
    const labels = placeLabels(
      marks.map((mark) => ({ x: plot.valToPos(bandsOf(mark).at, 'x', true) - bbox.left, texts: markLabels(mark) })),
      bbox.width,
      (text) => ctx.measureText(text).width,
    );
    for (const label of labels) ctx.fillText(label.text, bbox.left + label.left, bbox.top - 7 * dpr);
  }
  ctx.restore();

  function stroke(colour: string, dash: number[], fromX: number, fromY: number, toX: number, toY: number): void {
    ctx.strokeStyle = colour;
    ctx.setLineDash(dash);
    ctx.beginPath();
    ctx.moveTo(fromX, fromY);
    ctx.lineTo(toX, toY);
    ctx.stroke();
  }
}

function within(mark: MigrationMark, span: { readonly from: number; readonly to: number }): boolean {
  const { at, start } = bandsOf(mark);
  return at >= span.from && start <= span.to;
}

/** Write a tick of the time axis: seconds below 10 minutes, the time of day, the date at midnight of longer spans. */
export function timeLabel(at: number, length: number): string {
  if (length < 600_000) return clock(at, true);
  if (length <= DAY_MILLIS * 1.5) return clock(at);
  return clock(at) === '00:00' ? day(at).slice(5) : clock(at);
}

function axisLabel(value: number, unit: LoadSeries['unit']): string {
  return value === 0 && unit !== 'share' ? '0' : quantity(value, unit);
}
