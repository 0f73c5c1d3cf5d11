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
    keepTogether(all);
    const ids = decided(all);
    bar.hidden = ids.length === 0;
    setText(bar, '.count', `${ids.length} selected`);
    setText(bar, '.approve-label', approveLabel(ids.length));
    const approve = bar.querySelector<HTMLElement>('button.primary');
    if (approve && ids.length > ASK_ABOVE) approve.dataset['confirm'] = `${approveLabel(ids.length)} at once? They start as slots on their hosts become free.`;
    else delete approve?.dataset['confirm'];
    const every = region()?.querySelector<HTMLInputElement>('input[data-selects="all"]');
    if (every) {
      const ticked = all.filter((box) => box.checked).length;
      every.checked = all.length > 0 && ticked === all.length;
      every.indeterminate = ticked > 0 && ticked < all.length;
    }
    if (ids.join() !== last && ids.length > 0) document.body.dispatchEvent(new CustomEvent('selection-changed'));
    last = ids.join();
  };

  document.addEventListener('change', (event) => {
    const box = event.target as HTMLInputElement;
    if (box.dataset['selects'] === 'all') for (const each of boxes()) each.checked = box.checked;
    else if (box.name === 'id') for (const each of boxes()) if (along(box).includes(each.value)) each.checked = box.checked;
    if (box.dataset['selects'] === 'all' || box.name === 'id') show();
  });
  document.body.addEventListener('htmx:after:swap', show);
  bar.querySelector('[data-bulk="reject"]')?.addEventListener('click', () => {
    const dialog = document.querySelector<HTMLDialogElement>('#reject-dialog');
    const selected = boxes().filter((box) => box.checked);
    const moves = decided(selected).length;
    if (dialog) openFor(dialog, selected.map((box) => box.value), `${moves} ${moves === 1 ? 'move' : 'moves'}`);
  });
  show();
}

/** Ids that a decision about a row decides beside it: a rule does not part their VMs. */
function along(box: HTMLInputElement): string[] {
  return (box.dataset['along'] ?? '').split(' ').filter(Boolean);
}

/** Tick what goes along with a ticked row, as it may have come with a refreshed fragment. */
function keepTogether(boxes: readonly HTMLInputElement[]): void {
  const ids = decided(boxes);
  for (const box of boxes) if (ids.includes(box.value)) box.checked = true;
}

/** Ids that the ticked rows decide, those that are not on the page included. */
function decided(boxes: readonly HTMLInputElement[]): string[] {
  return [...new Set(boxes.filter((box) => box.checked).flatMap((box) => [box.value, ...along(box)]))];
}

function setText(root: ParentNode, selector: string, text: string): void {
  const element = root.querySelector(selector);
  if (element) element.textContent = text;
}
