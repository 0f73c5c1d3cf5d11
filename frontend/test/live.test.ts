import { describe, expect, it } from 'vitest';
import { parseSignal, retryDelay } from '../src/live';

describe('the live stream', () => {
  it('reads a signal with and without an id', () => {
    expect(parseSignal('{"name":"migration-changed","id":7}')).toEqual({ name: 'migration-changed', id: 7 });
    expect(parseSignal('{"name":"samples"}')).toEqual({ name: 'samples' });
  });

  it.each(['', 'null', '{"name":"click"}', '{"name":5}', '{"id":7}', '<html>'])('ignores %j', (data) => {
    expect(parseSignal(data)).toBeNull();
  });

  it('waits longer each time, at most half a minute', () => {
    expect([0, 1, 2, 9].map(retryDelay)).toEqual([1000, 2000, 4000, 30_000]);
  });
});
