import { Window } from 'happy-dom';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { followLive, parseSignal, retryDelay } from '../src/live';

describe('a signal', () => {
  it('is read with and without an id', () => {
    expect(parseSignal('{"name":"migration-changed","id":7}')).toEqual({ name: 'migration-changed', id: 7 });
    expect(parseSignal('{"name":"samples"}')).toEqual({ name: 'samples' });
  });

  it.each(['', 'null', '{"name":"click"}', '{"name":5}', '{"id":7}', '<html>'])('is not %j', (data) => {
    expect(parseSignal(data)).toBeNull();
  });
});

describe('the next attempt', () => {
  it('waits longer each time, at most half a minute', () => {
    expect([0, 1, 2, 9].map(retryDelay)).toEqual([1000, 2000, 4000, 30_000]);
  });
});

/** A stream that opens, speaks and fails at the word of a test. */
class FakeStream extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  static all: FakeStream[] = [];

  readyState = FakeStream.CONNECTING;

  constructor() {
    super();
    FakeStream.all.push(this);
  }

  static get last(): FakeStream {
    return FakeStream.all.at(-1) as FakeStream;
  }

  static get count(): number {
    return FakeStream.all.length;
  }

  open(): void {
    this.readyState = FakeStream.OPEN;
    this.dispatchEvent(new Event('open'));
  }

  beat(): void {
    this.dispatchEvent(new MessageEvent('beat', { data: '' }));
  }

  fail(readyState: number): void {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }

  close(): void {
    this.readyState = FakeStream.CLOSED;
  }
}

describe('the live stream', () => {
  let page: Window;
  let hidden: boolean;
  let heard: string[];
  const answers = vi.fn<() => Promise<{ status: number; type: string }>>();
  const left = vi.fn<(to: string) => void>();
  const state = (): string => page.document.querySelector('.word')?.textContent ?? '';
  const happens = (name: string, properties: object = {}): unknown => page.dispatchEvent(Object.assign(new page.Event(name), properties));
  const show = (visible: boolean): void => {
    hidden = !visible;
    page.document.dispatchEvent(new page.Event('visibilitychange'));
  };

  beforeEach(() => {
    vi.useFakeTimers({ now: new Date(2025, 10, 23, 14, 2) });
    // A page of its own each time: what listens on it goes with it.
    page = new Window({ url: 'http://console.test/' });
    page.document.body.innerHTML = '<span id="live-state"><span class="word">Connecting</span></span>';
    hidden = false;
    Object.defineProperty(page.document, 'hidden', { get: () => hidden });
    heard = [];
    for (const name of ['samples', 'resync']) page.document.body.addEventListener(name, () => heard.push(name));
    FakeStream.all = [];
    left.mockReset();
    answers.mockReset().mockResolvedValue({ status: 200, type: 'basic' });
    vi.stubGlobal('window', page);
    vi.stubGlobal('document', page.document);
    vi.stubGlobal('location', { pathname: '/', assign: left });
    vi.stubGlobal('CustomEvent', page.CustomEvent);
    vi.stubGlobal('EventSource', FakeStream);
    vi.stubGlobal('fetch', answers);
    followLive();
    FakeStream.last.open();
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  /** The wall clock goes on and timers do not, as when a computer sleeps. */
  const sleep = (millis: number): void => void vi.setSystemTime(Date.now() + millis);

  it('says that it is live and passes signals on', () => {
    expect(state()).toBe('Live');
    FakeStream.last.dispatchEvent(new MessageEvent('signal', { data: '{"name":"samples","id":0}' }));
    expect(heard).toEqual(['samples']);
  });

  it('stays as long as beats come', () => {
    for (let i = 0; i < 20; i++) {
      vi.advanceTimersByTime(15_000);
      FakeStream.last.beat();
    }
    expect(FakeStream.count).toBe(1);
    expect(state()).toBe('Live');
    expect(heard).toEqual([]);
  });

  it('is stale since the last beat and opened anew when beats stop', () => {
    vi.advanceTimersByTime(30_000);
    FakeStream.last.beat();
    vi.advanceTimersByTime(35_000);
    FakeStream.last.beat();
    const dead = FakeStream.last;
    vi.advanceTimersByTime(39_000);
    expect(state()).toBe('Live');
    vi.advanceTimersByTime(6000);
    // The last beat came at 14:03:05.
    expect(state()).toBe('Stale since 14:03');
    expect(dead.readyState).toBe(FakeStream.CLOSED);
    expect(FakeStream.count).toBe(2);
    FakeStream.last.open();
    expect(state()).toBe('Live');
    expect(heard).toEqual(['resync']);
  });

  it('gives an attempt that is not answered as long, and tries again', () => {
    vi.advanceTimersByTime(45_000);
    expect(FakeStream.count).toBe(2);
    vi.advanceTimersByTime(30_000);
    expect(FakeStream.count).toBe(2);
    vi.advanceTimersByTime(10_000);
    expect(FakeStream.count).toBe(3);
    expect(state()).toBe('Stale since 14:02');
  });

  it('is opened anew after a sleep, with the day before the time', () => {
    sleep(24 * 3_600_000);
    vi.advanceTimersByTime(5000);
    expect(state()).toBe('Stale since 2025-11-23 14:02');
    FakeStream.last.open();
    expect(heard).toEqual(['resync']);
  });

  it('is looked at once when the page is seen again', () => {
    show(false);
    sleep(3_600_000);
    show(true);
    expect(FakeStream.count).toBe(2);
    expect(state()).toBe('Stale since 14:02');
  });

  it('is left alone when the page is seen again soon', () => {
    show(false);
    vi.advanceTimersByTime(29_000);
    show(true);
    vi.advanceTimersByTime(5000);
    expect(FakeStream.count).toBe(1);
    expect(FakeStream.last.readyState).toBe(FakeStream.OPEN);
  });

  it('is let go while the page is hidden for 30 s, and opened when it is seen', () => {
    show(false);
    vi.advanceTimersByTime(30_000);
    expect(FakeStream.last.readyState).toBe(FakeStream.CLOSED);
    vi.advanceTimersByTime(300_000);
    happens('online');
    expect(FakeStream.count).toBe(1);
    show(true);
    FakeStream.last.open();
    expect(FakeStream.count).toBe(2);
    expect(state()).toBe('Live');
    expect(heard).toEqual(['resync']);
  });

  it('is not opened by a page that begins hidden, and is once it is seen', () => {
    FakeStream.all = [];
    hidden = true;
    followLive();
    vi.advanceTimersByTime(20_000);
    expect(FakeStream.count).toBe(0);
    show(true);
    expect(FakeStream.count).toBe(1);
  });

  it('is opened anew at once when the network is back and it is not open', () => {
    FakeStream.last.fail(FakeStream.CONNECTING);
    happens('online');
    expect(FakeStream.all.map((each) => each.readyState)).toEqual([FakeStream.CLOSED, FakeStream.CONNECTING]);
    FakeStream.last.fail(FakeStream.CLOSED);
    happens('online');
    expect(FakeStream.count).toBe(3);
    FakeStream.last.open();
    // what was to be tried again is not
    vi.advanceTimersByTime(10_000);
    expect(FakeStream.count).toBe(3);
    expect(state()).toBe('Live');
  });

  it('is left alone when the network is back and beats come', () => {
    vi.advanceTimersByTime(10_000);
    happens('online');
    expect(FakeStream.count).toBe(1);
    for (let i = 0; i < 20; i++) {
      FakeStream.last.beat();
      vi.advanceTimersByTime(15_000);
    }
    expect(FakeStream.count).toBe(1);
    expect(state()).toBe('Live');
    expect(heard).toEqual([]);
  });

  it('is opened anew at once when the network is back and no beat came lately', () => {
    vi.advanceTimersByTime(25_000);
    happens('online');
    expect(FakeStream.count).toBe(2);
    FakeStream.last.open();
    expect(heard).toEqual(['resync']);
  });

  it('is opened anew soon when the network is back and the next beat stays away', () => {
    vi.advanceTimersByTime(10_000);
    happens('online');
    vi.advanceTimersByTime(15_000);
    expect(FakeStream.count).toBe(2);
    expect(state()).toBe('Stale since 14:02');
    FakeStream.last.open();
    // from then on it has as long as ever
    vi.advanceTimersByTime(39_000);
    expect(FakeStream.count).toBe(2);
  });

  it('is opened anew when the browser brings the page back', () => {
    happens('pageshow', { persisted: false });
    expect(FakeStream.count).toBe(1);
    happens('pagehide');
    expect(FakeStream.last.readyState).toBe(FakeStream.CLOSED);
    vi.advanceTimersByTime(300_000);
    expect(FakeStream.count).toBe(1);
    happens('pageshow', { persisted: true });
    FakeStream.last.open();
    expect(FakeStream.count).toBe(2);
    expect(heard).toEqual(['resync']);
  });

  it('is left to the browser while that tries by itself', () => {
    FakeStream.last.fail(FakeStream.CONNECTING);
    expect(state()).toBe('Stale since 14:02');
    vi.advanceTimersByTime(10_000);
    expect(FakeStream.count).toBe(1);
    FakeStream.last.open();
    expect(state()).toBe('Live');
    expect(heard).toEqual(['resync']);
  });

  it('catches up when already its first attempt failed', () => {
    followLive();
    FakeStream.last.fail(FakeStream.CONNECTING);
    FakeStream.last.open();
    expect(heard).toEqual(['resync']);
  });

  it('is tried again later each time when it was refused', () => {
    const delays = [1000, 2000, 4000];
    for (const [index, delay] of delays.entries()) {
      FakeStream.last.fail(FakeStream.CLOSED);
      vi.advanceTimersByTime(delay - 1);
      expect(FakeStream.count).toBe(index + 1);
      vi.advanceTimersByTime(1);
      expect(FakeStream.count).toBe(index + 2);
    }
    FakeStream.last.open();
    FakeStream.last.fail(FakeStream.CLOSED);
    vi.advanceTimersByTime(1000);
    expect(FakeStream.count).toBe(5);
  });

  it('is not tried again while the page is hidden', () => {
    FakeStream.last.fail(FakeStream.CONNECTING);
    show(false);
    vi.advanceTimersByTime(29_500);
    FakeStream.last.fail(FakeStream.CLOSED);
    vi.advanceTimersByTime(60_000);
    expect(FakeStream.count).toBe(1);
  });

  it('leaves for the sign-in page when the session has ended', async () => {
    answers.mockResolvedValue({ status: 401, type: 'basic' });
    FakeStream.last.fail(FakeStream.CLOSED);
    await vi.advanceTimersByTimeAsync(0);
    expect(left).toHaveBeenCalledWith('/login');
  });
});
