/** Bring the entry of this page into view in the navigation, which scrolls on a narrow or a low screen. */
export function showCurrentPage(): void {
  show();
  matchMedia('(max-width: 760px)').addEventListener('change', show);
}

/** The page itself stays where it is: `scrollIntoView` would move it, too, when it comes back scrolled. */
function show(): void {
  const nav = document.querySelector<HTMLElement>('#nav');
  const current = nav?.querySelector<HTMLElement>('[aria-current]');
  if (!nav || !current) return;
  const whole = nav.getBoundingClientRect();
  const entry = current.getBoundingClientRect();
  nav.scrollLeft += (entry.left + entry.right - whole.left - whole.right) / 2;
  nav.scrollTop += (entry.top + entry.bottom - whole.top - whole.bottom) / 2;
}
