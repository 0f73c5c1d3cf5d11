import uPlot from 'uplot';
import { aligned, sentence, seriesName, spanOf, tableRows, zoomedSearch, type LoadAnswer, type LoadSeries, type Span } from './chart-data';
import { dashOf, inksOf, optionsOf, sameForm, type Drawing, type Inks } from './chart-draw';
import { signIn } from './requests';
import { onThemeChange } from './theme';
import { clock, quantity } from './units';

const REFRESH_MILLIS = 5000;
/** Up to here a line of values is told apart; more stand with their names. */
const MOST_IN_READOUT = 2;

/** Draw every `figure[data-chart]`, now and in fragments to come, and keep them in step with the page's time span. */
export function drawCharts(): void {
  const charts = new Map<HTMLElement, Chart>();
  const each = (act: (chart: Chart) => void): void => charts.forEach(act);
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) charts.get(entry.target as HTMLElement)?.setVisible(entry.isIntersecting);
  });
  const find = (): void => {
    for (const [figure] of charts) {
      if (figure.isConnected) continue;
      seen.unobserve(figure);
      charts.get(figure)?.close();
      charts.delete(figure);
    }
    for (const figure of document.querySelectorAll<HTMLElement>('figure[data-chart]')) {
      if (charts.has(figure)) continue;
      charts.set(figure, new Chart(figure));
      seen.observe(figure);
    }
  };
  const spanChanged = (): void => {
    markRange();
    each((chart) => chart.refresh(true));
  };
  find();
  markRange();
  document.body.addEventListener('htmx:after:swap', find);
  document.body.addEventListener('samples', () => each((chart) => chart.refresh()));
  document.body.addEventListener('progress', () => each((chart) => chart.refresh()));
  document.body.addEventListener('resync', () => each((chart) => chart.refresh(true)));
  window.addEventListener('popstate', spanChanged);
  window.addEventListener('span-changed', spanChanged);
  onThemeChange(() => each((chart) => chart.draw()));
  void document.fonts.load('12px "IBM Plex Sans"').then(() => each((chart) => chart.draw()));
}

/** Show which named range the charts are of: none of them after a zoom. */
function markRange(): void {
  const now = Date.now();
  for (const nav of document.querySelectorAll<HTMLElement>('nav[data-ranges]')) {
    const { from, to, live } = spanOf(location.search, now, nav.dataset['ranges']);
    for (const link of nav.querySelectorAll('a')) {
      const named = spanOf(link.search, now);
      if (live && named.to - named.from === to - from) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }
}

/** The range of a page whose address names none. */
function usualRange(): string | undefined {
  return document.querySelector<HTMLElement>('nav[data-ranges]')?.dataset['ranges'];
}

const underWay = new Map<string, Promise<LoadAnswer>>();

/** Fetch once for all charts that show parts of the same answer. */
function load(url: string): Promise<LoadAnswer> {
  let answer = underWay.get(url);
  if (!answer) {
    answer = fetch(url, { headers: { Accept: 'application/json' } }).then((response) => {
      if (response.status === 401) signIn();
      if (!response.ok) throw new Error(`The server answered ${response.status}`);
      return response.json() as Promise<LoadAnswer>;
    });
    underWay.set(url, answer);
    void answer.finally(() => setTimeout(() => underWay.delete(url), 500)).catch(() => undefined);
  }
  return answer;
}

class Chart {
  readonly #figure: HTMLElement;
  readonly #plotArea: HTMLElement;
  readonly #readout: HTMLElement | null;
  readonly #resizing: ResizeObserver;
  #plot: uPlot | null = null;
  #drawing: Drawing | null = null;
  #data: ReturnType<typeof aligned> = [[]];
  /** The span under a pointer that is pressed: it stands still, or what was selected would slip away. */
  #held: Span | null = null;
  #answer: LoadAnswer | null = null;
  #span: Span = spanOf('', Date.now());
  #visible = false;
  #fetchedAt = 0;
  #asked = '';
  /** An answer that came with the page: it is never fetched, and zoomed in place. */
  readonly #given: LoadAnswer | null;

  constructor(figure: HTMLElement) {
    this.#figure = figure;
    this.#plotArea = figure.querySelector('.plot') ?? figure.appendChild(document.createElement('div'));
    this.#readout = figure.querySelector('.readout');
    let width = 0;
    this.#resizing = new ResizeObserver(() => {
      if (this.#plotArea.clientWidth === width) return;
      width = this.#plotArea.clientWidth;
      this.#plot?.setSize({ width, height: this.#plotArea.clientHeight });
    });
    this.#resizing.observe(this.#plotArea);
    this.#plotArea.addEventListener('mousedown', () => this.#hold());
    this.#plotArea.addEventListener('dblclick', () => (this.#given ? this.#zoomGiven(this.#given.from, this.#given.to) : zoomOut()));
    figure.querySelector('details')?.addEventListener('toggle', () => this.#fillTable());
    const { answer } = figure.dataset;
    this.#given = answer === undefined ? null : (JSON.parse(answer) as LoadAnswer);
    if (this.#given) {
      this.#answer = this.#given;
      this.#span = { from: Date.parse(this.#given.from), to: Date.parse(this.#given.to), live: false };
    }
  }

  #hold(): void {
    if (!this.#plot) return;
    this.#held = this.#spanShown;
    document.addEventListener(
      'mouseup',
      () => {
        this.#held = null;
        this.draw();
      },
      { once: true },
    );
  }

  #zoomed(from: number, to: number): void {
    // A drag on one chart shows on all charts in step with it, and each of them tells of it.
    if (!this.#held) return;
    if (this.#given) this.#zoomGiven(from, to);
    else zoomTo(from, to);
  }

  #zoomGiven(from: string | number, to: string | number): void {
    this.#span = { from: new Date(from).getTime(), to: new Date(to).getTime(), live: false };
    this.draw();
  }

  close(): void {
    this.#resizing.disconnect();
    this.#plot?.destroy();
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
    if (visible) this.refresh(this.#answer === null);
  }

  /** Fetch again, at most every five seconds and only for a span that ends now, unless told to. */
  refresh(always = false): void {
    if (this.#given) {
      if (this.#visible && !this.#plot) this.draw();
      return;
    }
    const now = Date.now();
    if (!always && (!this.#visible || !this.#span.live || now - this.#fetchedAt < REFRESH_MILLIS - 250)) return;
    const { src, range = usualRange() } = this.#figure.dataset;
    if (!src) return;
    this.#fetchedAt = now;
    this.#span = this.#small ? spanOf('', now, range) : spanOf(location.search, now, range);
    // Rounded, so that charts of one page ask for one answer.
    const from = new Date(Math.floor(this.#span.from / 1000) * 1000).toISOString();
    const to = new Date(Math.ceil(this.#span.to / 1000) * 1000).toISOString();
    const url = `${src}${src.includes('?') ? '&' : '?'}from=${from}&to=${to}`;
    this.#asked = url;
    load(url).then(
      (answer) => {
        // An answer about the span before a zoom may come after the one about the zoom.
        if (this.#asked !== url) return;
        this.#answer = answer;
        this.draw();
        this.#offer(from, to);
      },
      () => {
        // What was drawn stays: it is older than it could be, not wrong.
        if (this.#plot) return;
        this.#say(`This chart could not be loaded. ${this.#span.live ? 'It is tried again with the next samples.' : 'Maybe load the page again.'}`);
      },
    );
  }

  /** Have the file below the chart hold the span on screen. */
  #offer(from: string, to: string): void {
    const link = this.#figure.querySelector<HTMLAnchorElement>('a[data-csv]');
    if (link) link.search = `?from=${from}&to=${to}`;
  }

  draw(): void {
    const answer = this.#answer;
    if (!answer || !this.#figure.isConnected) return;
    const series = this.#series(answer);
    const data = aligned(series, answer.resolutionSeconds);
    const label = this.#figure.dataset['label'] ?? 'Load';
    this.#plotArea.setAttribute('role', 'img');
    this.#plotArea.setAttribute('aria-label', sentence(label, answer, series));
    if (data[0].length === 0) {
      this.#say('No samples in this span of time.');
      return;
    }
    const drawing = { inks: inksOf(this.#figure), answer, series, span: this.#held ?? this.#spanShown };
    const again = this.#plot !== null && this.#drawing !== null && sameForm(this.#drawing, drawing);
    // A chart of another form waits until the pointer is released.
    if (this.#held && !again) return;
    this.#drawing = drawing;
    this.#data = data;
    if (again) this.#redraw();
    else this.#plotAnew(drawing);
    this.#legend(series, drawing.inks);
    this.#read(this.#plot?.cursor.idx ?? null);
    this.#fillTable();
  }

  /** Hand new samples to the chart that stands: its cursor and a drag under way stay. */
  #redraw(): void {
    const plot = this.#plot;
    plot?.batch(() => {
      plot.setData(this.#data as uPlot.AlignedData);
      plot.redraw(false, true);
    });
  }

  #plotAnew(first: Drawing): void {
    this.#plot?.destroy();
    this.#plotArea.replaceChildren();
    this.#plot = new uPlot(
      optionsOf(
        {
          width: this.#plotArea.clientWidth,
          height: this.#plotArea.clientHeight,
          sync: this.#figure.dataset['sync'] ?? 'page',
          small: this.#small,
          zoomed: (from, to) => this.#zoomed(from, to),
          pointed: (index) => this.#read(index),
        },
        () => this.#drawing ?? first,
      ),
      this.#data as uPlot.AlignedData,
      this.#plotArea,
    );
  }

  /** A migration's own span, unless somebody zoomed into it; that of the page otherwise. */
  get #spanShown(): Span {
    const answer = this.#answer;
    if (!answer || !this.#span.live || !this.#figure.dataset['src']?.endsWith('/progress')) return this.#span;
    return { from: Date.parse(answer.from), to: Date.parse(answer.to), live: true };
  }

  get #small(): boolean {
    return this.#figure.dataset['form'] === 'small';
  }

  #series(answer: LoadAnswer): LoadSeries[] {
    const wanted = this.#figure.dataset['series']?.split(' ');
    return wanted ? wanted.flatMap((name) => answer.series.filter((each) => each.name === name)) : [...answer.series];
  }

  #say(text: string): void {
    this.#plot?.destroy();
    this.#plot = null;
    this.#drawing = null;
    this.#plotArea.replaceChildren(Object.assign(document.createElement('p'), { className: 'plot-note', textContent: text }));
  }

  #legend(series: readonly LoadSeries[], inks: Inks): void {
    const legend = this.#figure.querySelector('.legend');
    if (!legend || series.length < 2) return;
    legend.replaceChildren(
      ...series.map((each, index) => {
        const entry = document.createElement('span');
        const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
        svg.setAttribute('viewBox', '0 0 24 4');
        const line = svg.appendChild(document.createElementNS(svg.namespaceURI, 'line'));
        const attributes = { x1: 0, x2: 24, y1: 2, y2: 2, stroke: inks.series[index] ?? inks.text, 'stroke-width': 2, 'stroke-dasharray': dashOf(index).join(' ') };
        for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, String(value));
        entry.append(svg, seriesName(each), document.createElement('b'));
        return entry;
      }),
    );
  }

  /** Say what the lines are at under the pointer, or at their end. */
  #read(index: number | null): void {
    if (!this.#readout || !this.#drawing) return;
    const [instants, ...rows] = this.#data;
    const at = index ?? instants.length - 1;
    const values = this.#drawing.series.map(({ unit }, row) => quantity(rows[row]?.[at], unit));
    const besideNames = values.length > MOST_IN_READOUT;
    this.#readout.textContent = [clock(instants[at] ?? 0, true), ...(besideNames ? [] : [values.join(' · ')])].join('  ');
    this.#figure.querySelectorAll('.legend b').forEach((value, row) => (value.textContent = besideNames ? (values[row] ?? '') : ''));
  }

  #fillTable(): void {
    const details = this.#figure.querySelector('details');
    const answer = this.#answer;
    const body = details?.querySelector('.table-slot');
    if (!details?.open || !answer || !body) return;
    const series = this.#series(answer);
    const table = document.createElement('table');
    const head = table.createTHead().insertRow();
    for (const name of ['Time', ...series.map(seriesName)]) {
      head.append(Object.assign(document.createElement('th'), { scope: 'col', textContent: name }));
    }
    const rows = table.createTBody();
    for (const cells of tableRows(aligned(series, answer.resolutionSeconds), series)) {
      const row = rows.insertRow();
      for (const cell of cells) row.insertCell().textContent = cell;
    }
    body.replaceChildren(table);
  }
}

function zoomTo(from: number, to: number): void {
  history.pushState({ zoomed: true }, '', zoomedSearch(location.search, from, to));
  window.dispatchEvent(new Event('span-changed'));
}

function zoomOut(): void {
  if ((history.state as { zoomed?: boolean } | null)?.zoomed) {
    history.back();
    return;
  }
  const query = new URLSearchParams(location.search);
  if (!query.has('from')) return;
  query.delete('from');
  query.delete('to');
  history.replaceState(null, '', `?${query}`);
  window.dispatchEvent(new Event('span-changed'));
}
