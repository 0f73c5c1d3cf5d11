/** What a confirmation says: a sentence with the effect, and the label of the button that causes it. */
export interface Question {
  readonly sentence: string;
  readonly action: string;
}

/** Ask before `form[data-confirm]` is sent, open `[data-opens]` dialogs, and send each form once. */
export function wireDialogs(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement;
    if (form.method === 'dialog') return;
    if ('jsSent' in form.dataset) {
      event.preventDefault();
      return;
    }
    const question = questionOf(form, event.submitter);
    if (question && !('jsConfirmed' in form.dataset)) {
      event.preventDefault();
      void confirmed(question).then((yes) => {
        if (!yes) return;
        form.dataset['jsConfirmed'] = '';
        form.requestSubmit(event.submitter);
      });
      return;
    }
    if (form.method === 'post') {
      form.dataset['jsSent'] = '';
      rememberScroll();
    }
  });
  document.addEventListener('click', (event) => {
    (event.target as Element).closest('[data-closes]')?.closest('dialog')?.close();
    const opener = (event.target as Element).closest<HTMLElement>('[data-opens]');
    const dialog = opener && document.getElementById(opener.dataset['opens'] ?? '');
    if (!opener || !(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    openFor(dialog, (opener.dataset['ids'] ?? '').split(' ').filter(Boolean), opener.dataset['subject'] ?? '');
  });
  // a link that says it is a button is pressed like one, and works as a link without this script
  document.addEventListener('keydown', (event) => {
    if (event.key !== ' ' || !(event.target instanceof HTMLElement) || !event.target.matches('a[role="button"]')) return;
    event.preventDefault();
    if (!event.repeat) event.target.click();
  });
  for (const select of document.querySelectorAll<HTMLSelectElement>('select[data-submits]')) {
    select.addEventListener('change', () => select.form?.requestSubmit());
  }
  window.addEventListener('pageshow', () => {
    for (const form of document.forms) {
      delete form.dataset['jsSent'];
      delete form.dataset['jsConfirmed'];
    }
  });
  restoreScroll();
}

/** Open a dialog about the given ids: they become its form's hidden fields, and its `.subject` names them. */
export function openFor(dialog: HTMLDialogElement, ids: readonly string[], subject: string): void {
  const fields = dialog.querySelector('.ids');
  fields?.replaceChildren(
    ...ids.map((id) => Object.assign(document.createElement('input'), { type: 'hidden', name: 'id', value: id })),
  );
  const name = dialog.querySelector('.subject');
  if (name) name.textContent = subject;
  dialog.showModal();
}

/** Ask a question in a modal dialog and answer whether it was confirmed. */
export function confirmed(question: Question): Promise<boolean> {
  const dialog = document.createElement('dialog');
  dialog.className = 'confirm';
  const form = Object.assign(document.createElement('form'), { method: 'dialog' });
  const text = Object.assign(document.createElement('p'), { textContent: question.sentence });
  text.id = 'confirm-sentence';
  dialog.setAttribute('aria-labelledby', text.id);
  const actions = Object.assign(document.createElement('div'), { className: 'actions' });
  actions.append(button('Cancel', 'cancel', 'button'), button(question.action, 'yes', 'button primary'));
  form.append(text, actions);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      resolve(dialog.returnValue === 'yes');
      dialog.remove();
    });
  });
}

/**
 * Read the question a form or its pressed button carries; null when it needs none. "{role}" in it stands for what is chosen in
 * the form's select of that name.
 */
export function questionOf(form: HTMLElement, submitter: HTMLElement | null): Question | null {
  const sentence = submitter?.dataset['confirm'] ?? form.dataset['confirm'];
  if (!sentence) return null;
  const asked = sentence.replace(/\{(\w+)\}/g, (all, name: string) => form.querySelector<HTMLSelectElement>(`select[name="${name}"]`)?.selectedOptions[0]?.text ?? all);
  return { sentence: asked, action: submitter?.textContent?.trim() || 'Continue' };
}

function button(label: string, value: string, className: string): HTMLButtonElement {
  return Object.assign(document.createElement('button'), { textContent: label, value, className });
}

function rememberScroll(): void {
  sessionStorage.setItem('scroll', JSON.stringify([location.pathname, window.scrollY]));
}

function restoreScroll(): void {
  const kept = sessionStorage.getItem('scroll');
  sessionStorage.removeItem('scroll');
  if (!kept) return;
  const [path, top] = JSON.parse(kept) as [string, number];
  if (path === location.pathname) window.scrollTo(0, top);
}
