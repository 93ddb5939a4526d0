/** What a card shows, as text: the rules for what counts as live and what is marked. */

import type { Card } from "./board";
import { grouped, rounded, sign, signed } from "./decimal";
import type { Status } from "./protocol";
import type { LinkPhase } from "./session";

/** What concerns every card at once. */
export interface Surroundings {
  link: LinkPhase;
  /** Words about the connection, with a countdown where there is one. */
  linkText: string;
  upstream: boolean;
  upstreamReason: string;
  paused: boolean;
  /** The gateway's clock, ms since the epoch. */
  now: number;
}

export type Tone = "ok" | "calm" | "wait" | "doubt" | "bad";

export interface CardView {
  price: string;
  /** The price must not be taken for the present one: it is struck through. */
  doubt: boolean;
  percent: string;
  change: string;
  trend: -1 | 0 | 1;
  bid: string;
  ask: string;
  age: string;
  label: string;
  tone: Tone;
  reason: string;
  origin: string;
  badges: string[];
  /** The daemon has given up: a person may ask it to try again. */
  canRetry: boolean;
}

const NONE = "–";
/** Tried again by the daemon itself as soon as there is room; its text says how to make some. */
const NO_ROOM = "no_capacity";
const REMEDY = "; try again, or choose another source in its view";
const TONES: Record<string, Tone> = {
  pending: "wait", loading: "wait", live: "ok", quiet: "calm",
  stale: "doubt", retrying: "doubt", failed: "bad", invalid: "bad", closed: "bad",
};

interface Standing {
  label: string;
  tone: Tone;
  doubt: boolean;
  reason: string;
}

export function viewOf(card: Card, around: Surroundings): CardView {
  const { tick } = card;
  const standing = standingOf(card, around);
  return {
    ...standing,
    price: tick ? grouped(tick.last) : NONE,
    doubt: standing.doubt && tick !== null,
    percent: tick?.change_percent ? `${signed(rounded(tick.change_percent, 2))}%` : NONE,
    change: tick?.change ? signed(tick.change) : NONE,
    trend: sign(tick?.change_percent ?? tick?.change ?? "0"),
    bid: tick?.bid ? grouped(tick.bid) : NONE,
    ask: tick?.ask ? grouped(tick.ask) : NONE,
    age: tick ? ageText(around.now - tick.ts_observed / 1e6) : NONE,
    origin: tick ? `${tick.source}/${tick.method}` : (card.status?.source ?? NONE),
    badges: badgesOf(card),
    canRetry: standing.label === "failed" && card.status?.code !== NO_ROOM,
  };
}

/** How a card stands; what is wrong nearest to the person counts first. */
export function standingOf(card: Card, around: Surroundings): Standing {
  const { status, failure } = card;
  if (around.link !== "open") {
    const label = around.link === "opening" && !card.tick ? "connecting" : "disconnected";
    return { label, tone: "bad", doubt: true, reason: around.linkText };
  }
  if (!around.upstream) {
    const reason = `the gateway does not hear the daemon ${around.upstreamReason}`.trim();
    return { label: "disconnected", tone: "bad", doubt: true, reason };
  }
  if (failure) {
    const reason = failure.hint ? `${failure.message}: ${failure.hint}` : failure.message;
    return { label: "refused", tone: "bad", doubt: true, reason };
  }
  if (around.paused) {
    const reason = "paused: this was the price when you paused";
    return { label: "paused", tone: "calm", doubt: true, reason };
  }
  if (!status) return { label: "waiting", tone: "wait", doubt: true, reason: "" };
  return ofStatus(card, around.now);
}

function ofStatus(card: Card, now: number): Standing {
  const status = card.status!;
  const doubt = status.data !== "ok";
  const tone = TONES[status.phase] ?? "doubt";
  if (!doubt) return { label: status.phase, tone, doubt, reason: "" };
  const label = status.phase === "live" ? "in doubt" : status.phase;
  return { label, tone: tone === "ok" ? "doubt" : tone, doubt, reason: status.text + outlook(status, now) };
}

/** What comes next: the daemon's own next attempt, or what a person can do. */
function outlook(status: Status, now: number): string {
  if (status.phase === "failed") return status.code === NO_ROOM ? "" : REMEDY;
  return countdown(status.ts_next, now) + attempts(status.attempt);
}

function countdown(next: number | undefined, now: number): string {
  if (next === undefined) return "";
  const seconds = Math.ceil((next / 1e6 - now) / 1000);
  return seconds > 0 ? `; next attempt in ${seconds} s` : "; next attempt now";
}

function attempts(attempt: number | undefined): string {
  return attempt ? ` (attempt ${attempt})` : "";
}

function badgesOf(card: Card): string[] {
  const { tick, status } = card;
  const badges: string[] = [];
  if (tick?.venue) badges.push(tick.venue);
  if (tick?.currency) badges.push(tick.currency);
  if (tick?.timeliness && tick.timeliness !== "real_time") badges.push(tick.timeliness);
  if (tick?.simulated ?? status?.simulated) badges.push("simulated");
  return badges;
}

/** An age for people; ms. Clocks that disagree make it below zero: that is "now". */
export function ageText(ms: number): string {
  if (ms < 1_000) return "now";
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** Words about the connection; `now` and `nextAt` are ms of the same clock. */
export function linkText(phase: LinkPhase, why: string, nextAt: number, now: number): string {
  switch (phase) {
    case "open":
      return "connected";
    case "idle":
    case "opening":
      return why ? `connecting again: ${why}` : "connecting";
    case "silent":
      return "nothing is heard from the gateway";
    case "ended":
      return `not connected: ${why}`;
    case "waiting": {
      const seconds = Math.max(1, Math.ceil((nextAt - now) / 1000));
      return `${why}: trying again in ${seconds} s`;
    }
  }
}
