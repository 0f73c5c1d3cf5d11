const YEAR_SECONDS = 31_536_000;
const THEMES = new Set(['system', 'light', 'dark']);

/** Let the user menu's theme choice act at once. A cookie keeps it, so that the server renders the next page without a flash. */
export function chooseTheme(): void {
  for (const input of document.querySelectorAll<HTMLInputElement>('input[name="theme"]')) {
    input.addEventListener('change', () => apply(input.value));
  }
}

function apply(theme: string): void {
  if (!THEMES.has(theme)) return;
  document.documentElement.dataset['theme'] = theme;
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
}

/** Call back whenever the colours on screen may have changed. */
export function onThemeChange(changed: () => void): void {
  new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
  // paper is light
  matchMedia('print').addEventListener('change', changed);
}
