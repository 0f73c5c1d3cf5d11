import { age, clock, day } from './units';

const TICK_MILLIS = 1000;

/** Keep `<time data-age>` and `<time data-clock>` true: ages grow, and clocks show the browser's zone, as charts do. */
export function keepTimes(): void {
  refresh();
  setInterval(refresh, TICK_MILLIS);
  document.body.addEventListener('htmx:after:swap', refresh);
}

function refresh(): void {
  const now = Date.now();
  for (const element of document.querySelectorAll<HTMLTimeElement>('time[data-age], time[data-clock]')) {
    const instant = Date.parse(element.dateTime);
    if (Number.isNaN(instant)) continue;
    const text = 'age' in element.dataset ? aged(element, instant, now) : clocked(instant, now, element.dataset['clock'] === 'seconds');
    if (element.textContent !== text) element.textContent = text;
  }
}

function aged(element: HTMLTimeElement, instant: number, now: number): string {
  element.title ||= `${day(instant)} ${clock(instant, true)}`;
  if (element.dataset['age'] === 'until') return instant - now >= 1000 ? `in ${age(now, instant)}` : 'now';
  return element.dataset['age'] === 'bare' ? age(instant, now) : `${age(instant, now)} ago`;
}

/** Write the time of day, with the date before it unless it is today's. */
export function clocked(instant: number, now: number, withSeconds: boolean): string {
  const time = clock(instant, withSeconds);
  return day(instant) === day(now) ? time : `${day(instant)} ${time}`;
}
