/** The faults of the last hour, found in the histories of statuses. */

import type { Status } from "./protocol";

export interface Fault {
  symbol: string;
  code: string;
  text: string;
  /** ms since the epoch. */
  at: number;
  /** How long it took until the ticker was well again, ms; null while it lasts. */
  lasted: number | null;
}

export const HOUR_MS = 3_600_000;
const BEGINNINGS = new Set(["pending", "loading", "closed"]);

/** The faults of one ticker since `since` (ms), oldest first. Starting up is no fault. */
export function faultsOf(statuses: readonly Status[], since: number): Fault[] {
  const found: Fault[] = [];
  let current: Fault | null = null;
  for (const status of statuses) {
    const at = status.ts / 1e6;
    if (status.data === "ok") {
      if (current) current.lasted = at - current.at;
      current = null;
    } else if (!current && !BEGINNINGS.has(status.phase)) {
      current = { symbol: status.symbol, code: status.code, text: status.text, at, lasted: null };
      found.push(current);
    }
  }
  return found.filter((fault) => fault.at >= since || fault.lasted === null);
}
