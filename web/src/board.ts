/** All that the page knows: one card a symbol, where it stands, and what was told to the person. */

import { compare } from "./decimal";
import { Positions } from "./cursors";
import type { Failure, Gap, Result, Status, StreamRecord, Tick, Told } from "./protocol";
import { Trail } from "./sparkline";
import { bySymbol } from "./symbols";

export interface Card {
  readonly symbol: string;
  tick: Tick | null;
  status: Status | null;
  /** Why it cannot be followed at present, though it may be later. */
  failure: Failure | null;
  /** Which way the newest price went. */
  move: -1 | 0 | 1;
  /** When it went there; ms of the page's steady clock. */
  movedAt: number;
  readonly trail: Trail;
}

/** Something for the person to read, with near symbols to try instead. */
export interface Notice {
  id: number;
  text: string;
  suggestions: readonly string[];
}

const MOST_NOTICES = 4;

export class Board {
  readonly cards = new Map<string, Card>();
  readonly positions = new Positions();
  readonly notices: Notice[] = [];
  /** Symbols whose card has to be drawn anew. */
  readonly dirty = new Set<string>();
  /** Whether the gateway hears the router. */
  upstream = true;
  upstreamReason = "";
  slow = false;
  simulated = false;
  ticks = 0;
  conflated = 0;
  gaps = 0;
  /** The gateway's clock minus ours, ms. */
  clockOffset = 0;
  private lastNotice = 0;

  constructor(
    private readonly onRecord: (record: StreamRecord) => void = () => undefined,
    private readonly onGap: (symbol: string) => void = () => undefined,
  ) {}

  get symbols(): string[] {
    return [...this.cards.keys()].sort(bySymbol);
  }

  add(symbol: string): boolean {
    if (this.cards.has(symbol)) return false;
    const trail = new Trail();
    this.cards.set(symbol, {
      symbol, trail, tick: null, status: null, failure: null, move: 0, movedAt: 0,
    });
    this.dirty.add(symbol);
    return true;
  }

  remove(symbol: string): void {
    this.cards.delete(symbol);
    this.positions.forget(symbol);
    this.dirty.add(symbol);
  }

  notify(text: string, suggestions: readonly string[] = []): void {
    this.lastNotice += 1;
    this.notices.push({ id: this.lastNotice, text, suggestions });
    if (this.notices.length > MOST_NOTICES) this.notices.shift();
  }

  dismiss(id: number): void {
    const at = this.notices.findIndex((one) => one.id === id);
    if (at >= 0) this.notices.splice(at, 1);
  }

  /** `now` is ms of the steady clock, `wall` ms since the epoch, both of this machine. */
  apply(message: Told, now: number, wall: number): void {
    switch (message.t) {
      case "batch":
        this.clockOffset = message.ts / 1e6 - wall;
        for (const record of message.records) this.record(record, now);
        break;
      case "heartbeat":
        this.clockOffset = message.ts / 1e6 - wall;
        break;
      case "gap":
        this.gap(message);
        break;
      case "removed":
        this.fail(message.symbol, message.error, message.suggestions);
        break;
      case "upstream":
        this.hears(message.connected, message.reason);
        break;
      case "warning":
        this.slow = !message.cleared;
        break;
    }
  }

  /** Whether the gateway hears the router, and if not, why. */
  hears(connected: boolean, reason = ""): void {
    this.upstream = connected;
    this.upstreamReason = reason;
    this.markAll();
  }

  /** The answer for one ticker of a request. */
  result(result: Result): void {
    const symbol = result.symbol ?? result.ticker;
    if (!result.ok && result.error) {
      this.fail(this.cards.has(symbol) ? symbol : result.ticker, result.error, result.suggestions);
      return;
    }
    const card = this.cards.get(symbol);
    if (!card) return;
    card.failure = null;
    this.dirty.add(symbol);
  }

  markAll(): void {
    for (const symbol of this.cards.keys()) this.dirty.add(symbol);
  }

  private record(record: StreamRecord, now: number): void {
    const card = this.cards.get(record.symbol);
    if (!card || record.k === "trade" || this.positions.knows(record)) return;
    if (this.positions.take(record)) this.lose(record.symbol);
    if (record.simulated) this.simulated = true;
    if (record.k === "tick") this.tick(card, record, now);
    else this.status(card, record);
    this.dirty.add(record.symbol);
    this.onRecord(record);
  }

  private tick(card: Card, tick: Tick, now: number): void {
    this.ticks += 1;
    this.conflated += tick.conflated ?? 0;
    const move = card.tick ? compare(tick.last, card.tick.last) : 0;
    if (move) {
      card.move = move;
      card.movedAt = now;
    }
    card.tick = tick;
    card.trail.add(tick.ts_observed / 1e6, Number(tick.last));
  }

  private status(card: Card, status: Status): void {
    if (status.phase === "invalid") {
      this.leave(card.symbol, status.text, status.suggestions);
      return;
    }
    card.status = status;
  }

  private gap(gap: Gap): void {
    this.positions.skip(gap.symbol, gap.kind, gap.epoch, gap.last);
    this.lose(gap.symbol);
  }

  private lose(symbol: string): void {
    this.gaps += 1;
    this.cards.get(symbol)?.trail.tear();
    this.onGap(symbol);
  }

  private fail(symbol: string, error: Failure, suggestions: readonly string[] = []): void {
    const card = this.cards.get(symbol);
    if (!card) return;
    if (error.retriable) {
      card.failure = error;
      this.dirty.add(symbol);
      return;
    }
    const hint = error.hint && suggestions.length === 0 ? ` (${error.hint})` : "";
    this.leave(symbol, error.message + hint, suggestions);
  }

  private leave(symbol: string, why: string, suggestions: readonly string[] = []): void {
    this.remove(symbol);
    this.notify(`${symbol} was removed: ${why}`, suggestions);
  }
}
