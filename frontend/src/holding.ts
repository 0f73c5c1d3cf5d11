import type { RequestEvent } from './requests';

const RELEASE_MILLIS = 400;

/** What an incoming fragment would do to the rows on screen. */
export interface RowChange {
  readonly moves: boolean;
  readonly added: number;
}

/** Compare row keys. Rows that only append below, or stay in place, move nothing under the pointer. */
export function rowChange(current: readonly string[], incoming: readonly string[]): RowChange {
  const known = new Set(current);
  return {
    moves: current.some((key, index) => incoming[index] !== key),
    added: incoming.filter((key) => !known.has(key)).length,
  };
}

/** Name what waits: "2 new: show", or "Updates waiting: show" when rows only moved or left. */
export function waitingText(added: number): string {
  return added > 0 ? `${added} new: show` : 'Updates waiting: show';
}

const waiting = new Map<string, number>();
/** Regions that somebody asked to see, wherever the pointer and the focus are by then. */
const wished = new Set<string>();
/** Regions that had the focus when something came for them. */
const focused = new Set<string>();

/**
 * Hold back a fragment that would reorder rows under the pointer or the focus, take away what has the focus, touch a field
 * being edited, or replace the form that an open question is about: a form that left the page cannot be sent, and a "yes"
 * would be lost. Numbers in rows that stay in place are refreshed otherwise. What is held waits behind one button, or for the
 * pointer to leave. A region about one thing names what takes the focus over instead, and is not held for it.
 */
export function holdUpdates(): void {
  document.body.addEventListener('htmx:after:request', (event) => {
    const { ctx } = (event as RequestEvent).detail;
    const region = ctx.sourceElement;
    if (!region.id || ctx.text === undefined || (ctx.response?.status ?? 0) >= 400) return;
    const incoming = new DOMParser().parseFromString(ctx.text, 'text/html');
    const change = rowChange(rowKeys(region), rowKeys(incoming));
    const held = !wished.delete(region.id) && ((losesFocus(region, incoming) && !heir(incoming)) || (change.moves && isBusy(region)));
    if (isAsking() || isEdited(region) || held) {
      event.preventDefault();
      waiting.set(region.id, change.added);
    } else {
      waiting.delete(region.id);
      if (region.contains(document.activeElement)) focused.add(region.id);
    }
    announce();
  });
  document.body.addEventListener('htmx:after:swap', (event) => {
    const { id } = (event as RequestEvent).detail.ctx.sourceElement;
    if (focused.delete(id)) handOverFocus(id);
  });
  document.addEventListener('pointerout', () => setTimeout(release, RELEASE_MILLIS));
  document.addEventListener('focusout', () => setTimeout(release, RELEASE_MILLIS));
  // it does not bubble
  document.addEventListener('close', () => setTimeout(release, RELEASE_MILLIS), { capture: true });
  document.querySelector('#updates-waiting')?.addEventListener('click', () => {
    for (const id of waiting.keys()) wished.add(id);
    fetchAgain([...waiting.keys()]);
  });
}

function release(): void {
  if (isAsking()) return;
  fetchAgain([...waiting.keys()].filter((id) => {
    const region = document.getElementById(id);
    return region === null || !(isBusy(region) || isEdited(region));
  }));
}

function fetchAgain(ids: readonly string[]): void {
  for (const id of ids) {
    waiting.delete(id);
    const region = document.getElementById(id);
    region?.dispatchEvent(new CustomEvent('refresh'));
  }
  if (ids.length > 0) announce();
}

function announce(): void {
  const button = document.querySelector<HTMLButtonElement>('#updates-waiting');
  if (!button) return;
  button.hidden = waiting.size === 0;
  button.textContent = waitingText([...waiting.values()].reduce((sum, added) => sum + added, 0));
}

function rowKeys(root: ParentNode): string[] {
  return [...root.querySelectorAll<HTMLElement>('[data-row]')].map((row) => row.dataset['row'] ?? '');
}

function isAsking(): boolean {
  return document.querySelector('dialog.confirm[open]') !== null;
}

function isBusy(region: Element): boolean {
  return region.matches(':hover') || region.contains(document.activeElement);
}

/** Say whether what has the focus is missing from what comes; it is known by its id. */
function losesFocus(region: Element, incoming: Document): boolean {
  const active = document.activeElement;
  return active !== null && active.id !== '' && region.contains(active) && incoming.getElementById(active.id) === null;
}

function heir(root: ParentNode): HTMLElement | null {
  return root.querySelector<HTMLElement>('[data-takes-focus]');
}

/** What had the focus in a region may be gone by now, and the browser leaves it to nothing then. */
function handOverFocus(id: string): void {
  const region = document.getElementById(id);
  if (region !== null && (document.activeElement ?? document.body) === document.body) heir(region)?.focus();
}

function isEdited(region: Element): boolean {
  const active = document.activeElement;
  return active !== null && region.contains(active) && active.matches('input:not([type=checkbox], [type=radio]), textarea, select');
}
