/** Decimal numbers as text: shown and compared exactly, never as binary fractions. */

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

interface Parts {
  negative: boolean;
  whole: string;
  fraction: string;
}

function parts(text: string): Parts | null {
  const found = DECIMAL.exec(text);
  if (!found) return null;
  return { negative: found[1] === "-", whole: found[2] ?? "0", fraction: found[3] ?? "" };
}

/** The text with its thousands separated and a true minus sign; unreadable text stays as it is. */
export function grouped(text: string): string {
  const found = parts(text);
  if (!found) return text;
  const whole = found.whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return (found.negative ? "−" : "") + whole + (found.fraction ? `.${found.fraction}` : "");
}

/** As `grouped`, with a plus before what is above zero. */
export function signed(text: string): string {
  return sign(text) > 0 ? `+${grouped(text)}` : grouped(text);
}

/** -1, 0 or 1; 0 also for text that is no number. */
export function sign(text: string): -1 | 0 | 1 {
  const found = parts(text);
  if (!found || !/[1-9]/.test(found.whole + found.fraction)) return 0;
  return found.negative ? -1 : 1;
}

/** -1, 0 or 1 as `left` is below, equal to or above `right`; 0 when either is no number. */
export function compare(left: string, right: string): -1 | 0 | 1 {
  if (left === right) return 0;
  const [a, b] = [parts(left), parts(right)];
  if (!a || !b) return 0;
  const places = Math.max(a.fraction.length, b.fraction.length);
  // Two prices of one ticker mostly have the same form, and then their digits stand in order.
  const alike = a.whole.length === b.whole.length && a.fraction.length === b.fraction.length;
  if (alike && !a.negative && !b.negative) return left < right ? -1 : 1;
  const [x, y] = [scaled(a, places), scaled(b, places)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function scaled(value: Parts, places: number): bigint {
  const digits = BigInt(value.whole + value.fraction.padEnd(places, "0"));
  return value.negative ? -digits : digits;
}

/** The text with at most `most` digits behind the point, rounded half away from zero. */
export function rounded(text: string, most: number): string {
  const found = parts(text);
  if (!found || found.fraction.length <= most) return text;
  const kept = BigInt(found.whole + found.fraction.slice(0, most));
  const up = (found.fraction[most] ?? "0") >= "5" ? 1n : 0n;
  const digits = String(kept + up).padStart(most + 1, "0");
  const split = digits.length - most;
  const point = most ? `.${digits.slice(split)}` : "";
  return `${found.negative ? "-" : ""}${digits.slice(0, split)}${point}`;
}

/** How many digits stand behind the point. */
export function places(text: string): number {
  return parts(text)?.fraction.length ?? 0;
}
