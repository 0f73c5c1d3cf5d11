import { describe, expect, it } from 'vitest';
import { age, bytes, clock, duration, quantity } from '../src/units';

describe('figures', () => {
  it.each([
    [0, '0 B'],
    [512, '512 B'],
    [1024, '1.0 KiB'],
    [1073741823, '1.0 GiB'],
    [2147483648, '2.0 GiB'],
    [104857600, '100 MiB'],
  ])('writes %d bytes as %s', (value, text) => expect(bytes(value)).toBe(text));

  it.each([
    [312, '0.31 s'],
    [9994, '9.99 s'],
    [9996, '10 s'],
    [59600, '1 min'],
    [110000, '1 min 50 s'],
    [11100000, '3 h 5 min'],
  ])('writes %d ms as %s', (value, text) => expect(duration(value)).toBe(text));

  it('puts a space before every unit', () => {
    expect(quantity(0.914, 'share')).toBe('91 %');
    expect(quantity(188743680, 'bytesPerSecond')).toBe('180 MiB/s');
    expect(quantity(0.305, 'score')).toBe('0.30');
  });

  it('shows what is not known as a dash', () => {
    expect(quantity(null, 'share')).toBe('–');
    expect(quantity(undefined, 'bytes')).toBe('–');
  });

  it('grows coarser with age and never goes below zero', () => {
    expect(age(1000, 41_000)).toBe('40 s');
    expect(age(0, 240_000)).toBe('4 min');
    expect(age(0, 3 * 3_600_000)).toBe('3 h');
    expect(age(0, 72 * 3_600_000)).toBe('3 d');
    expect(age(5000, 0)).toBe('0 s');
  });

  it('uses the 24-hour clock', () => {
    expect(clock(new Date(2025, 10, 23, 14, 2, 5).getTime(), true)).toBe('14:02:05');
    expect(clock(new Date(2025, 10, 23, 0, 0).getTime())).toBe('00:00');
  });
});
