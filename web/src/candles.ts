/** Candles and line points out of ticks, and history joined to what is live. */

import type { Tick } from "./protocol";

/** `time` is the begin of the candle, s since the epoch; the numbers are only for drawing. */
export interface Candle {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
}

/** Builds candles of `width` seconds; ticks before the newest candle are left out and counted. */
export class CandleBuilder {
  readonly candles: Candle[] = [];
  late = 0;

  constructor(
    readonly width: number,
    private readonly most = 2_000,
  ) {}

  /** The candle that the tick changed, or null when it changed none. */
  add(tick: Tick): Candle | null {
    const value = Number(tick.last);
    if (!Number.isFinite(value)) return null;
    const second = Math.floor(tick.ts_observed / 1e9);
    const time = second - (second % this.width);
    const current = this.candles.at(-1);
    if (current && time < current.time) {
      this.late += 1;
      return null;
    }
    if (!current || time > current.time) return this.begin(time, value);
    current.high = Math.max(current.high, value);
    current.low = Math.min(current.low, value);
    current.close = value;
    return current;
  }

  private begin(time: number, value: number): Candle {
    const candle = { time, open: value, high: value, low: value, close: value };
    this.candles.push(candle);
    if (this.candles.length > this.most) this.candles.shift();
    return candle;
  }
}

/**
 * History before what came live meanwhile, without a hole and nothing twice. Both are in order;
 * of history, everything from the first live record on is left out. Images are no events.
 */
export function joined(history: readonly Tick[], live: readonly Tick[]): Tick[] {
  const first = live[0];
  if (!first) return [...history];
  const edge = first.first ?? first.seq;
  const before = history.filter((tick) =>
    tick.epoch === first.epoch ? tick.seq < edge : tick.epoch < first.epoch,
  );
  return [...before, ...live];
}
