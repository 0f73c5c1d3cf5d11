// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clocked } from '../src/ages';
import { approveLabel, selectRows } from '../src/bulk';
import { questionOf } from '../src/dialogs';
import { holdUpdates, rowChange, waitingText } from '../src/holding';
import { commandOf, isTyping } from '../src/keys';
import { csrfHeader } from '../src/requests';

beforeEach(() => {
  document.head.innerHTML = '';
  document.body.innerHTML = '';
});

describe('rows under the pointer', () => {
  it('stay where they are when rows only come below', () => {
    expect(rowChange(['1', '2'], ['1', '2', '3'])).toEqual({ moves: false, added: 1 });
    expect(rowChange(['1', '2'], ['1', '2'])).toEqual({ moves: false, added: 0 });
  });

  it('would move when one comes above, leaves or changes places', () => {
    expect(rowChange(['1', '2'], ['3', '1', '2'])).toEqual({ moves: true, added: 1 });
    expect(rowChange(['1', '2'], ['2'])).toEqual({ moves: true, added: 0 });
    expect(rowChange(['1', '2'], ['2', '1']).moves).toBe(true);
  });

  it('say what waits', () => {
    expect(waitingText(2)).toBe('2 new: show');
    expect(waitingText(0)).toBe('Updates waiting: show');
  });
});

describe('what has the focus', () => {
  const focus = (id: string): void => document.getElementById(id)?.focus();
  const show = (): HTMLElement => document.getElementById('updates-waiting') as HTMLElement;
  /** Say whether what comes for the region is put into the page. */
  const comes = (...choices: string[]): boolean =>
    document.body.dispatchEvent(
      new CustomEvent('htmx:after:request', {
        cancelable: true,
        detail: { ctx: { sourceElement: document.getElementById('targets'), text: targets(choices), response: { status: 200 } } },
      }),
    );
  const targets = (choices: string[]): string => `<section id="targets">${choices.map((id) => `<button id="${id}"></button>`).join('')}</section>`;

  beforeEach(() => {
    vi.useFakeTimers();
    document.body.innerHTML = `${targets(['one', 'other'])}<button id="updates-waiting" hidden></button>`;
    holdUpdates();
  });
  afterEach(() => {
    document.body.innerHTML = '';
    vi.useRealTimers();
  });

  it('is not taken away until somebody asks for it', () => {
    expect(comes('other')).toBe(true);
    focus('one');
    expect(comes('one')).toBe(true);
    expect(show().hidden).toBe(true);
    expect(comes('other')).toBe(false);
    expect(show().textContent).toBe('Updates waiting: show');
    expect(show().hidden).toBe(false);
    let asked = 0;
    document.getElementById('targets')?.addEventListener('refresh', () => asked++);
    show().click();
    expect(asked).toBe(1);
    expect(comes('other')).toBe(true);
    expect(show().hidden).toBe(true);
    // the wish was fulfilled
    expect(comes('other')).toBe(false);
    expect(comes('one')).toBe(true);
  });

  it('is taken over by what a region names for it', () => {
    const region = (): HTMLElement => document.getElementById('targets') as HTMLElement;
    const state = '<span id="state" tabindex="-1" data-takes-focus></span>';
    const swaps = (type: string, text: string): boolean =>
      document.body.dispatchEvent(
        new CustomEvent(type, { cancelable: true, detail: { ctx: { sourceElement: region(), text, response: { status: 200 } } } }),
      );
    region().insertAdjacentHTML('afterbegin', state);
    focus('one');
    const without = `<section id="targets">${state}<button id="other"></button></section>`;
    expect(swaps('htmx:after:request', without)).toBe(true);
    document.getElementById('one')?.remove();
    swaps('htmx:after:swap', without);
    expect(document.activeElement?.id).toBe('state');
    // what is still there keeps it
    focus('other');
    swaps('htmx:after:request', without);
    swaps('htmx:after:swap', without);
    expect(document.activeElement?.id).toBe('other');
  });
});

describe('keys', () => {
  it('go to a page after g, and only then', () => {
    expect(commandOf('r', true)).toEqual({ kind: 'go', to: '/recommendations' });
    expect(commandOf('m', true)).toEqual({ kind: 'go', to: '/migrations' });
    expect(commandOf('r', false)).toEqual({ kind: 'reject' });
    expect(commandOf('m', false)).toBeNull();
  });

  it('leave fields alone but not check boxes', () => {
    document.body.innerHTML = '<input id="text"><input id="box" type="checkbox"><select id="select"></select>';
    expect(isTyping(document.getElementById('text'))).toBe(true);
    expect(isTyping(document.getElementById('select'))).toBe(true);
    expect(isTyping(document.getElementById('box'))).toBe(false);
  });
});

describe('the selection bar', () => {
  beforeEach(() => {
    const row = (id: number): string => `<input type="checkbox" name="id" value="${id}"><form><input type="hidden" name="id" value="${id}"></form>`;
    document.body.innerHTML = `<div id="table"><input type="checkbox" data-selects="all">${[1, 2, 3, 4, 5, 6].map(row).join('')}</div>
      <form id="bulk-bar" data-region="table" hidden><b class="count"></b><button class="primary"><span class="approve-label"></span></button></form>`;
    selectRows();
  });
  const bar = (): HTMLElement => document.querySelector<HTMLElement>('#bulk-bar') as HTMLElement;
  const tick = (selector: string): void => document.querySelector<HTMLInputElement>(selector)?.click();

  it('appears with the first row and names its effect', () => {
    expect(bar().hidden).toBe(true);
    tick('input[value="2"]');
    expect(bar().hidden).toBe(false);
    expect(bar().textContent).toContain('1 selected');
    expect(bar().textContent).toContain('Approve 1 move');
    tick('input[value="2"]');
    expect(bar().hidden).toBe(true);
  });

  it('asks first above five', () => {
    tick('[data-selects="all"]');
    expect(bar().querySelector('.count')?.textContent).toBe('6 selected');
    expect(bar().querySelector<HTMLElement>('button')?.dataset['confirm']).toContain('Approve 6 moves');
    tick('input[value="2"]');
    expect(bar().querySelector<HTMLElement>('button')?.dataset['confirm']).toBeUndefined();
  });

  it('ticks and counts what a rule keeps with a row', () => {
    const box = (id: number): HTMLInputElement => document.querySelector(`input[type="checkbox"][value="${id}"]`) as HTMLInputElement;
    box(2).dataset['along'] = '3';
    box(3).dataset['along'] = '2';
    // of a pair one may be beyond the page
    box(5).dataset['along'] = '99';
    tick('input[value="2"]');
    expect(box(3).checked).toBe(true);
    expect(bar().textContent).toContain('Approve 2 moves');
    tick('input[value="3"]');
    expect(box(2).checked).toBe(false);
    expect(bar().hidden).toBe(true);
    tick('input[value="5"]');
    expect(bar().textContent).toContain('2 selected');
  });

  it('counts in words', () => expect([1, 3].map(approveLabel)).toEqual(['Approve 1 move', 'Approve 3 moves']));
});

describe('requests and questions', () => {
  it('carry the CSRF header of the page', () => {
    expect(csrfHeader()).toEqual({});
    document.head.innerHTML = '<meta name="csrf-header" content="X-CSRF-TOKEN"><meta name="csrf-token" content="abc">';
    expect(csrfHeader()).toEqual({ 'X-CSRF-TOKEN': 'abc' });
  });

  it('ask with the words of the pressed button', () => {
    document.body.innerHTML = '<form data-confirm="Abort web-07?"><button> Abort </button></form><form><button>Save</button></form>';
    const [abort, save] = [...document.forms];
    expect(questionOf(abort as HTMLFormElement, document.querySelector('button'))).toEqual({ sentence: 'Abort web-07?', action: 'Abort' });
    expect(questionOf(save as HTMLFormElement, null)).toBeNull();
  });

  it('say what is chosen', () => {
    document.body.innerHTML = `<form data-confirm="Make amy {role}, not {other}?"><select name="role"><option>viewer</option><option selected>operator</option></select></form>`;
    expect(questionOf(document.forms[0] as HTMLFormElement, null)?.sentence).toBe('Make amy operator, not {other}?');
  });

  it('name the day unless it is today', () => {
    const now = new Date(2025, 10, 23, 14, 2).getTime();
    expect(clocked(now, now, false)).toBe('14:02');
    expect(clocked(now - 86_400_000, now, false)).toBe('2025-11-22 14:02');
  });
});
