/** How long prices take on each part of their way, from a bounded number of samples. */

import type { Batch, Tick } from "./protocol";

const SAMPLES = 500;

export interface Quantiles {
  count: number;
  median: number;
  p99: number;
}

/** The last samples of one part of the way, ms. */
export class Samples {
  private readonly values: number[] = [];
  private next = 0;

  add(value: number): void {
    this.values[this.next] = value;
    this.next = (this.next + 1) % SAMPLES;
  }

  quantiles(): Quantiles | null {
    if (!this.values.length) return null;
    const sorted = this.values.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    return { count: sorted.length, median: at(0.5), p99: at(0.99) };
  }
}

/** The hops that a page can tell apart. The last mixes in how far the two clocks disagree. */
export class Latency {
  readonly hops = {
    "seen at the source → published by the daemon": new Samples(),
    "published → sent by the gateway (with the wait of the interval)": new Samples(),
    "sent by the gateway → received here": new Samples(),
  };

  /** `wall` is ms since the epoch on this machine's clock. */
  take(batch: Batch, wall: number): void {
    const tick = batch.records.findLast((one): one is Tick => one.k === "tick" && !one.image);
    if (!tick) return;
    const [seen, held, sent] = Object.values(this.hops);
    seen!.add((tick.ts_published - tick.ts_observed) / 1e6);
    held!.add((batch.ts - tick.ts_published) / 1e6);
    sent!.add(wall - batch.ts / 1e6);
  }
}
