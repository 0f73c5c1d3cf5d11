import { confirmed } from './dialogs';

const CHORD_MILLIS = 1200;
const PLACES: Readonly<Record<string, string>> = { r: '/recommendations', m: '/migrations', o: '/', h: '/hosts', v: '/vms', p: '/pools' };

/** What a key press asks for. */
export type Command =
  | { readonly kind: 'go'; readonly to: string }
  | { readonly kind: 'search' | 'help' | 'select' | 'approve' | 'reject' | 'chord' }
  | { readonly kind: 'row'; readonly step: 1 | -1 };

/** Read a key press; `chorded` says that `g` was pressed just before. Null when the key means nothing here. */
export function commandOf(key: string, chorded: boolean): Command | null {
  if (chorded) {
    const to = PLACES[key];
    return to === undefined ? null : { kind: 'go', to };
  }
  switch (key) {
    case '/':
      return { kind: 'search' };
    case '?':
      return { kind: 'help' };
    case 'g':
      return { kind: 'chord' };
    case 'j':
      return { kind: 'row', step: 1 };
    case 'k':
      return { kind: 'row', step: -1 };
    case 'x':
      return { kind: 'select' };
    case 'a':
      return { kind: 'approve' };
    case 'r':
      return { kind: 'reject' };
    default:
      return null;
  }
}

/** Listen to the keys of the console, never while somebody types or a dialog is open. */
export function listenToKeys(): void {
  let chordUntil = 0;
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector('dialog[open]')) return;
    const command = commandOf(event.key, event.timeStamp < chordUntil);
    // a key that is held down goes through rows, and does nothing else twice
    if (event.repeat && command?.kind !== 'row') return;
    chordUntil = command?.kind === 'chord' ? event.timeStamp + CHORD_MILLIS : 0;
    if (!command) return;
    if (command.kind !== 'chord') event.preventDefault();
    run(command);
  });
}

/** Say whether a key press belongs to a field. Check boxes and buttons leave letters to the console. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select');
}

/** What was looked for before gives way to what is typed now. */
function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>('#search');
  field?.focus();
  field?.select();
}

function run(command: Command): void {
  switch (command.kind) {
    case 'go':
      location.assign(command.to);
      return;
    case 'search':
      focusSearch();
      return;
    case 'help':
      document.querySelector<HTMLDialogElement>('#keys-dialog')?.showModal();
      return;
    case 'row':
      step(command.step);
      return;
    case 'select':
      currentRow()?.querySelector<HTMLInputElement>('input[type="checkbox"]')?.click();
      return;
    case 'approve':
      approve();
      return;
    case 'reject':
      (selection()?.querySelector<HTMLElement>('[data-bulk="reject"]') ?? currentRow()?.querySelector<HTMLElement>('[data-opens="reject-dialog"]'))?.click();
      return;
    case 'chord':
      return;
  }
}

/** What is selected comes before the row that has the focus. */
function approve(): void {
  const selected = selection();
  if (selected) {
    const action = selected.querySelector('.approve-label')?.textContent ?? 'Approve';
    void confirmed({ sentence: `${action}? They start as slots on their hosts become free.`, action }).then((yes) => {
      if (!yes) return;
      selected.dataset['jsConfirmed'] = '';
      selected.requestSubmit(selected.querySelector<HTMLButtonElement>('button.primary'));
    });
    return;
  }
  const form = currentRow()?.querySelector<HTMLFormElement>('form[data-approves]');
  if (!form) return;
  const action = form.querySelector('button')?.textContent?.trim() || 'Approve';
  void confirmed({ sentence: form.dataset['approves'] ?? '', action }).then((yes) => {
    if (yes) form.requestSubmit();
  });
}

/** The bar about selected rows; null while none is. */
function selection(): HTMLFormElement | null {
  return document.querySelector<HTMLFormElement>('#bulk-bar:not([hidden])');
}

function step(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  const current = currentRow();
  const index = current ? rows.indexOf(current) + by : by === 1 ? 0 : rows.length - 1;
  const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
  row?.querySelector<HTMLElement>('a[href], button')?.focus();
  row?.scrollIntoView({ block: 'nearest' });
}

/** The row that has the focus; on a page about one thing that is its head. */
function currentRow(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>('[data-row]') ?? document.querySelector<HTMLElement>('main .page-head[data-row]');
}
