/** Numbers as the console writes them: a space before the unit, a 24-hour clock, an en dash for "not known". */

export type Unit = 'share' | 'cores' | 'bytes' | 'bytesPerSecond' | 'seconds' | 'score' | 'count';

const NOT_KNOWN = '–';
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Write a quantity in its unit; a share of 0.91 reads "91 %", and null reads "–". */
export function quantity(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || Number.isNaN(value)) return NOT_KNOWN;
  switch (unit) {
    case 'share':
      return `${Math.round(value * 100)} %`;
    case 'cores':
      return `${value.toFixed(2)} cores`;
    case 'bytes':
      return bytes(value);
    case 'bytesPerSecond':
      return `${bytes(value)}/s`;
    case 'seconds':
      return duration(value * 1000);
    case 'score':
      return value.toFixed(2);
    case 'count':
      return String(Math.round(value));
  }
}

/** Write bytes with a binary prefix: 2147483648 reads "2.0 GiB", 512 reads "512 B". */
export function bytes(value: number): string {
  let scaled = Math.abs(value);
  let step = 0;
  while (scaled >= 1023.95 && step < BINARY.length - 1) {
    scaled /= 1024;
    step += 1;
  }
  const sign = value < 0 ? '−' : '';
  return `${sign}${step === 0 || scaled >= 99.95 ? scaled.toFixed(0) : scaled.toFixed(1)} ${BINARY[step]}`;
}

/** Write a length of time, in milliseconds: 312 reads "0.31 s", 24000 "24 s", 110000 "1 min 50 s". */
export function duration(millis: number): string {
  const seconds = millis / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return joined(minutes, 'min', whole % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return joined(hours, 'h', minutes % 60, 'min');
  return joined(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** Write how long ago an instant was, coarsely: "8 s", "4 min", "3 h", "2 d". An instant ahead of us reads "0 s". */
export function age(then: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - then) / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** Write a time of day on the 24-hour clock of the browser's zone: "14:02:10", or "14:02" without seconds. */
export function clock(instant: number, withSeconds = false): string {
  const at = new Date(instant);
  const parts = [at.getHours(), at.getMinutes(), ...(withSeconds ? [at.getSeconds()] : [])];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** Write a date: "2025-11-23". */
export function day(instant: number): string {
  const at = new Date(instant);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
