/** Figures of the daemon as rows of a table: what is known is named, what is new is shown too. */

import type { Values } from "./api";

export type Row = Record<string, string>;

/** Simple values as text; lists by their length, nested maps left out. */
export function factsOf(values: Values): Row {
  const found: Row = {};
  for (const [name, value] of Object.entries(values)) {
    const text = textOf(value);
    if (text !== null) found[name.replaceAll("_", " ")] = text;
  }
  return found;
}

function textOf(value: unknown): string | null {
  if (value === null) return "–";
  if (Array.isArray(value)) return String(value.length);
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : value.toFixed(1);
  return typeof value === "string" || typeof value === "boolean" ? String(value) : null;
}

const NAMED = ["worker", "source", "pid", "heard", "lost", "dropped", "sent"];

/** A worker's row: what all workers have first, its own counters behind, as far as they count. */
export function workerRow(worker: Values): Row {
  const own = Object.entries(worker).filter(([name, value]) => !NAMED.includes(name) && value !== "" && value !== 0);
  return {
    worker: String(worker["worker"]),
    pid: String(worker["pid"] ?? "–"),
    "pages or tickers": String(worker["pages"] ?? worker["tickers"] ?? 0),
    heard: `${seconds(worker["heard"])} ago`,
    sent: String(worker["sent"] ?? 0),
    "lost, dropped": `${Number(worker["lost"] ?? 0)}, ${Number(worker["dropped"] ?? 0)}`,
    details: own.flatMap(([name, value]) => {
      const text = textOf(value);
      return text === null || name === "pages" || name === "tickers" ? [] : [`${name.replaceAll("_", " ")} ${text}`];
    }).join(", "),
  };
}

const MIB = 1024 * 1024;

/** A process's row, as its supervisor sees it; `now` in ms since the epoch. */
export function processRow(process: Values, now: number): Row {
  const memory = process["memory"];
  return {
    process: String(process["name"]),
    state: String(process["state"]),
    for: seconds(Math.max(0, now - Number(process["since"]) / 1e6) / 1000),
    pid: String(process["pid"] ?? "–"),
    restarts: String(process["restarts"]),
    memory: typeof memory === "number" ? `${Math.round(memory / MIB)} MiB` : "–",
    processes: String(process["processes"]),
    "last error": String(process["last_error"] ?? ""),
  };
}

/** What went wrong with processes since `since` (ms), newest first. */
export function troubleOf(faults: readonly Values[], since: number): Row[] {
  return faults
    .filter((one) => Number(one["ts"]) / 1e6 >= since)
    .map((one) => ({
      time: new Date(Number(one["ts"]) / 1e6).toLocaleTimeString("en-GB"),
      process: String(one["name"]),
      what: String(one["what"]),
      text: String(one["text"]),
    }))
    .reverse();
}

/** A time span for people, from s. */
export function seconds(value: unknown): string {
  const s = Number(value);
  if (!Number.isFinite(s)) return "–";
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7_200) return `${Math.round(s / 60)} min`;
  return `${Math.round(s / 3_600)} h`;
}
