import { clocked } from './ages';
import { csrfHeader, signIn } from './requests';

const HIDDEN_MILLIS = 30_000;
/** The server sends a beat when it had nothing else to say for 15 s: two of them may get lost. */
const SILENT_MILLIS = 40_000;
/** By then a beat has come over a connection that still leads somewhere. */
const PUNCTUAL_MILLIS = 20_000;
const LOOK_MILLIS = 5000;
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
 * reconnection. A page hidden for 30 s lets go of its stream: browsers allow only six connections per server. A
 * connection that died while the computer slept looks open for ever: after 40 s without any sign of life it counts as
 * dead, the page as stale, and the stream is opened anew. Once the browser is online again, that is after 20 s.
 */
export function followLive(): void {
  if (!document.querySelector('#live-state')) return;
  let stream: EventSource | null = null;
  let attempt = 0;
  /** Signals may have been missed: what the page shows is to be fetched again. */
  let behind = false;
  // By the clock on the wall: timers, and the clock that counts for them, stand still while a computer sleeps.
  let heardAt = Date.now();
  let askedAt = heardAt;
  /** How long silence is borne. */
  let patience = SILENT_MILLIS;
  let hiding: ReturnType<typeof setTimeout> | undefined;
  let retrying: ReturnType<typeof setTimeout> | undefined;

  const letGo = (): void => {
    clearTimeout(retrying);
    if (stream === null) return;
    stream.close();
    stream = null;
    behind = true;
  };
  const heard = (): void => {
    heardAt = Date.now();
    patience = SILENT_MILLIS;
  };
  const connect = (): void => {
    letGo();
    askedAt = Date.now();
    patience = SILENT_MILLIS;
    const source = new EventSource('/live');
    stream = source;
    source.addEventListener('open', () => {
      attempt = 0;
      heard();
      showLive();
      if (behind) dispatch('resync');
    });
    source.addEventListener('beat', heard);
    source.addEventListener('signal', (event) => {
      heard();
      const signal = parseSignal((event as MessageEvent<string>).data);
      if (signal) dispatch(signal.name, signal.id);
    });
    source.addEventListener('error', () => {
      behind = true;
      showStale(heardAt);
      if (source.readyState !== EventSource.CLOSED) return;
      void leaveIfSignedOut();
      clearTimeout(retrying);
      retrying = setTimeout(connect, retryDelay(attempt));
      attempt += 1;
    });
  };
  /** Give up a stream that went silent; an attempt under way has as long to be answered. */
  const look = (): void => {
    if (stream === null || Date.now() - Math.max(heardAt, askedAt) < patience) return;
    showStale(heardAt);
    connect();
  };

  // The stream may live while what the page asks for is refused.
  document.body.addEventListener('answer-failed', () => showStale(Date.now()));
  document.body.addEventListener('answer-came', () => {
    if (stream?.readyState === EventSource.OPEN) showLive();
  });
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(letGo, HIDDEN_MILLIS);
    else if (stream === null) connect();
    else look();
  });
  window.addEventListener('online', () => {
    if (stream === null) return;
    if (stream.readyState !== EventSource.OPEN) connect();
    else {
      // On another network the old connection leads nowhere, and looks open all the same: the next beat is to tell.
      patience = PUNCTUAL_MILLIS;
      look();
    }
  });
  window.addEventListener('pagehide', letGo);
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) connect();
  });
  setInterval(look, LOOK_MILLIS);
  // A page that begins in a tab behind others is told only when it is seen.
  if (document.hidden) behind = true;
  else connect();
}

function dispatch(name: SignalName | 'resync', id?: number): void {
  document.body.dispatchEvent(new CustomEvent(name, { detail: { id } }));
}

function showLive(): void {
  const state = document.querySelector<HTMLElement>('#live-state');
  if (!state || state.dataset['state'] === 'live') return;
  state.dataset['state'] = 'live';
  setWord(state, 'Live');
}

function showStale(since: number): void {
  const state = document.querySelector<HTMLElement>('#live-state');
  if (!state || state.dataset['state'] === 'stale') return;
  state.dataset['state'] = 'stale';
  setWord(state, `Stale since ${clocked(since, Date.now(), false)}`);
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
