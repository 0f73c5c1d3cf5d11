import { csrfHeader, signIn } from './requests';
import { clock } from './units';

const HIDDEN_MILLIS = 30_000;
const FIRST_RETRY_MILLIS = 1000;
const LAST_RETRY_MILLIS = 30_000;

const SIGNALS = ['round-finished', 'migration-changed', 'recommendations-changed', 'samples', 'inventory-changed', 'progress', 'checkpoint-changed'] as const;
export type SignalName = (typeof SIGNALS)[number];

/** What the server says has changed. It carries no content: fragments fetch themselves again. */
export interface Signal {
  readonly name: SignalName;
  readonly id?: number;
}

/** Read a signal from the stream; anything else, from a newer server say, is null. */
export function parseSignal(data: string): Signal | null {
  try {
    const { name, id } = JSON.parse(data) as { name?: unknown; id?: unknown };
    const known = SIGNALS.find((signal) => signal === name);
    if (known === undefined) return null;
    return typeof id === 'number' ? { name: known, id } : { name: known };
  } catch {
    return null;
  }
}

/** Wait before the next attempt, in milliseconds: doubled each time, at most 30 s. */
export function retryDelay(attempt: number): number {
  return Math.min(LAST_RETRY_MILLIS, FIRST_RETRY_MILLIS * 2 ** attempt);
}

/**
 * Follow `/live` with one stream per page and re-dispatch its signals as events on the body, and `resync` after each
 * reconnection. A page hidden for 30 s lets go of its stream: browsers allow only six connections per server.
 */
export function followLive(): void {
  if (!document.querySelector('#live-state')) return;
  let stream: EventSource | null = null;
  let attempt = 0;
  let everOpened = false;
  let hiding: ReturnType<typeof setTimeout> | undefined;

  const connect = (): void => {
    stream?.close();
    stream = new EventSource('/live');
    stream.addEventListener('open', () => {
      attempt = 0;
      showLive();
      if (everOpened) dispatch('resync');
      everOpened = true;
    });
    stream.addEventListener('signal', (event) => {
      const signal = parseSignal((event as MessageEvent<string>).data);
      if (signal) dispatch(signal.name, signal.id);
    });
    stream.addEventListener('error', () => {
      showStale();
      if (stream?.readyState !== EventSource.CLOSED) return;
      void leaveIfSignedOut();
      setTimeout(connect, retryDelay(attempt));
      attempt += 1;
    });
  };

  // The stream may live while what the page asks for is refused.
  document.body.addEventListener('answer-failed', showStale);
  document.body.addEventListener('answer-came', () => {
    if (stream?.readyState === EventSource.OPEN) showLive();
  });
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiding);
    if (document.hidden) {
      hiding = setTimeout(() => {
        stream?.close();
        stream = null;
      }, HIDDEN_MILLIS);
    } else if (stream === null) {
      connect();
    }
  });
  window.addEventListener('pagehide', () => stream?.close());
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) connect();
  });
  connect();
}

function dispatch(name: SignalName | 'resync', id?: number): void {
  document.body.dispatchEvent(new CustomEvent(name, { detail: { id } }));
}

function showLive(): void {
  const state = document.querySelector<HTMLElement>('#live-state');
  if (!state) return;
  state.dataset['state'] = 'live';
  setWord(state, 'Live');
}

function showStale(): void {
  const state = document.querySelector<HTMLElement>('#live-state');
  if (!state || state.dataset['state'] === 'stale') return;
  state.dataset['state'] = 'stale';
  setWord(state, `Stale since ${clock(Date.now())}`);
}

function setWord(state: HTMLElement, word: string): void {
  const target = state.querySelector('.word');
  if (target) target.textContent = word;
}

async function leaveIfSignedOut(): Promise<void> {
  try {
    const answer = await fetch(location.pathname, { method: 'HEAD', redirect: 'manual', headers: { 'HX-Request': 'true', ...csrfHeader() } });
    if (answer.status === 401 || answer.type === 'opaqueredirect') signIn();
  } catch {
    // The server is away; the stream is tried again anyway.
  }
}
