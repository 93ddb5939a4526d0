/** Where this page stands in each topic: what a reconnect recovers from, and holes on the way. */

import type { Cursor, Cursors, StreamRecord } from "./protocol";

export interface Hole {
  symbol: string;
  kind: string;
  /** Missing sequences, both included. */
  first: number;
  last: number;
}

/** The newest record of each symbol and kind. */
export class Positions {
  private readonly topics = new Map<string, Map<string, Cursor>>();

  /** Take a record in; the hole before it when there is one. Older and repeated ones change nothing. */
  take(record: StreamRecord): Hole | null {
    const topic = this.topic(record.symbol);
    const known = topic.get(record.k);
    const first = firstOf(record);
    if (known && known[0] === record.epoch && record.seq <= known[1]) return null;
    topic.set(record.k, [record.epoch, record.seq]);
    if (!known || record.image || known[0] !== record.epoch || first <= known[1] + 1) return null;
    return { symbol: record.symbol, kind: record.k, first: known[1] + 1, last: first - 1 };
  }

  /** Whether a record is older than, or the same as, what is known of its topic. */
  knows(record: StreamRecord): boolean {
    const known = this.topics.get(record.symbol)?.get(record.k);
    return known !== undefined && known[0] === record.epoch && record.seq < known[1];
  }

  /** Go on from what a gap told: its last sequence, or where it is not known, from nothing. */
  skip(symbol: string, kind: string, epoch: number, last: number | null): void {
    const topic = this.topic(symbol);
    const known = topic.get(kind);
    if (last === null) topic.delete(kind);
    else if (!known || known[0] !== epoch || known[1] < last) topic.set(kind, [epoch, last]);
  }

  forget(symbol: string): void {
    this.topics.delete(symbol);
  }

  /** What `recover` carries for these symbols; statuses always come and are not asked for. */
  recoverable(symbols: Iterable<string>): Cursors {
    const found: Cursors = {};
    for (const symbol of symbols) {
      const topic = this.topics.get(symbol);
      const kinds = [...(topic ?? [])].filter(([kind]) => kind !== "status");
      if (kinds.length) found[symbol] = Object.fromEntries(kinds);
    }
    return found;
  }

  private topic(symbol: string): Map<string, Cursor> {
    let found = this.topics.get(symbol);
    if (!found) this.topics.set(symbol, (found = new Map()));
    return found;
  }
}

function firstOf(record: StreamRecord): number {
  return record.k === "tick" ? (record.first ?? record.seq) : record.seq;
}
