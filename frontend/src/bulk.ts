import { openFor } from './dialogs';

const ASK_ABOVE = 5;

/** Label the approving button by its effect: "Approve 1 move", "Approve 3 moves". */
export function approveLabel(selected: number): string {
  return `Approve ${selected} ${selected === 1 ? 'move' : 'moves'}`;
}

/** Keep the selection bar true. The selection outlives refreshed fragments; ids that left the table leave it too. */
export function selectRows(): void {
  const bar = document.querySelector<HTMLElement>('#bulk-bar');
  const region = (): HTMLElement | null => document.getElementById(bar?.dataset['region'] ?? '');
  if (!bar) return;
  const boxes = (): HTMLInputElement[] => [...(region()?.querySelectorAll<HTMLInputElement>('input[name="id"][type="checkbox"]') ?? [])];
  let last = '';

  const show = (): void => {
    const all = boxes();
    const ids = all.filter((box) => box.checked).map((box) => box.value);
    bar.hidden = ids.length === 0;
    setText(bar, '.count', `${ids.length} selected`);
    setText(bar, '.approve-label', approveLabel(ids.length));
    const approve = bar.querySelector<HTMLElement>('button.primary');
    if (approve && ids.length > ASK_ABOVE) approve.dataset['confirm'] = `${approveLabel(ids.length)} at once? They start as slots on their hosts become free.`;
    else delete approve?.dataset['confirm'];
    const every = region()?.querySelector<HTMLInputElement>('input[data-selects="all"]');
    if (every) {
      every.checked = all.length > 0 && ids.length === all.length;
      every.indeterminate = ids.length > 0 && ids.length < all.length;
    }
    if (ids.join() !== last && ids.length > 0) document.body.dispatchEvent(new CustomEvent('selection-changed'));
    last = ids.join();
  };

  document.addEventListener('change', (event) => {
    const box = event.target as HTMLInputElement;
    if (box.dataset['selects'] === 'all') for (const each of boxes()) each.checked = box.checked;
    if (box.dataset['selects'] === 'all' || box.name === 'id') show();
  });
  document.body.addEventListener('htmx:after:swap', show);
  bar.querySelector('[data-bulk="reject"]')?.addEventListener('click', () => {
    const dialog = document.querySelector<HTMLDialogElement>('#reject-dialog');
    const selected = boxes().filter((box) => box.checked);
    if (dialog) openFor(dialog, selected.map((box) => box.value), `${selected.length} ${selected.length === 1 ? 'move' : 'moves'}`);
  });
  show();
}

function setText(root: ParentNode, selector: string, text: string): void {
  const element = root.querySelector(selector);
  if (element) element.textContent = text;
}
