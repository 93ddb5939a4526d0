/**
 * One viewer's conversation with the gateway, without a socket and without a clock: it says what to
 * send, when to connect, and what was learned. All times are ms of one steady clock.
 */

import { doubtAfter, endingOf, lostAfter, pauseBefore, type Ending } from "./closing";
import type { Answer, Cursors, Request, Result, ServerFacts, Told } from "./protocol";

export type LinkPhase = "idle" | "opening" | "open" | "silent" | "waiting" | "ended";

/** What is wanted of the gateway, whatever the connection does. */
export interface Wishes {
  tickers: readonly string[];
  intervalMs: number;
  paused: boolean;
  recover: Cursors;
}

export type Learned =
  | { what: "told"; message: Told }
  | { what: "result"; result: Result }
  | { what: "granted"; intervalMs: number }
  | { what: "greeted"; facts: ServerFacts }
  | { what: "refused"; text: string };

/** Without an answer to the handshake in so many ms, it is tried anew. */
const OPEN_WITHIN = 5_000;
/** A connection that held for so long begins the pauses anew. */
const STABLE_MS = 5_000;

export class Session {
  phase: LinkPhase = "idle";
  facts: ServerFacts | null = null;
  ending: Ending | null = null;
  /** When the next attempt is due; only while waiting. */
  nextAt = 0;
  reconnects = 0;
  private attempt = 0;
  private heartbeatMs = 1_000;
  private heardAt = 0;
  private since = 0;
  private lastId = 0;

  constructor(private readonly clientId: string) {}

  /** A connection attempt begins now. */
  begin(now: number): void {
    this.phase = "opening";
    this.ending = null;
    this.since = now;
  }

  /** The connection is open: what to say first. */
  opened(now: number, wishes: Wishes): Request[] {
    this.phase = "open";
    this.since = this.heardAt = now;
    const hello = this.request("hello", {
      client_id: this.clientId,
      interval_ms: wishes.intervalMs,
      recover: wishes.recover,
    });
    const requests = [hello];
    if (wishes.paused) requests.push(this.request("pause"));
    if (wishes.tickers.length) requests.push(this.subscribe(wishes.tickers));
    return requests;
  }

  subscribe(tickers: readonly string[]): Request {
    return this.request("subscribe", { tickers });
  }

  /** Add and remove in one step. */
  modify(add: readonly string[], remove: readonly string[]): Request {
    return this.request("modify", { add, remove });
  }

  /** Change the interval of all that is followed. */
  setInterval(intervalMs: number): Request {
    return this.request("modify", { interval_ms: intervalMs });
  }

  pause(paused: boolean): Request {
    return this.request(paused ? "pause" : "resume");
  }

  /** Whether requests can be sent now. */
  get connected(): boolean {
    return this.phase === "open" || this.phase === "silent";
  }

  received(message: Told | Answer, now: number): Learned[] {
    this.heardAt = now;
    if (this.phase === "silent") this.phase = "open";
    if ("t" in message) return [{ what: "told", message }];
    return this.answered(message);
  }

  private answered(answer: Answer): Learned[] {
    if (!answer.ok) {
      const { message = "refused", hint = "" } = answer.error ?? {};
      return [{ what: "refused", text: hint ? `${message}: ${hint}` : message }];
    }
    const learned: Learned[] = (answer.results ?? []).map((result) => ({ what: "result", result }));
    if (answer.server) {
      this.facts = answer.server;
      this.heartbeatMs = answer.server.heartbeat_ms;
      learned.push({ what: "greeted", facts: answer.server });
    }
    if (answer.interval_ms !== undefined) {
      learned.push({ what: "granted", intervalMs: answer.interval_ms });
    }
    return learned;
  }

  /** The connection ended or did not come about. `random` is from 0 to 1. */
  closed(code: number, now: number, random: number): void {
    this.ending = endingOf(code);
    if (!this.ending.reconnect) {
      this.phase = "ended";
      return;
    }
    if (this.connected && now - this.since >= STABLE_MS) this.attempt = 0;
    this.phase = "waiting";
    this.nextAt = now + pauseBefore(this.attempt, random);
    this.attempt += 1;
    this.reconnects += 1;
  }

  /** What is due: a new connection, the end of one that is lost, or nothing. */
  look(now: number): "connect" | "cut" | null {
    if (this.phase === "waiting") return now >= this.nextAt ? "connect" : null;
    if (this.phase === "opening") return now - this.since > OPEN_WITHIN ? "cut" : null;
    if (!this.connected) return null;
    const silence = now - this.heardAt;
    if (silence > lostAfter(this.heartbeatMs)) return "cut";
    if (silence > doubtAfter(this.heartbeatMs)) this.phase = "silent";
    return null;
  }

  /** Do not wait any longer: a person, or the network, says that it may work now. */
  hurry(now: number): void {
    if (this.phase === "waiting" || this.phase === "ended") {
      this.phase = "waiting";
      this.nextAt = now;
    }
  }

  private request(op: string, fields: Record<string, unknown> = {}): Request {
    this.lastId += 1;
    return { op, id: this.lastId, ...fields };
  }
}
