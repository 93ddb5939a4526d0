/** What the end of a connection means: which codes ask to come back, and after how long. */

/** What a person has to do when the page must not come back by itself. */
export interface Ending {
  reconnect: boolean;
  /** Whether a token would help. */
  token: boolean;
  text: string;
}

const WORDS: Record<number, string> = {
  1009: "the gateway refuses a message of this page as too large",
  4000: "the gateway restarts",
  4001: "this page read too slowly",
  4002: "all places of the gateway are taken",
  4500: "the token is unknown or revoked",
  4501: "a token is needed",
  4502: "the gateway could not read this page's messages: reload it",
  4503: "this page sent far too many messages: reload it",
};

/** Decide by the close code, as section 8 of docs/http.md has it. */
export function endingOf(code: number): Ending {
  const final = (code >= 4500 && code <= 4999) || code === 1009;
  const text = WORDS[code] ?? "the connection was lost";
  return { reconnect: !final, token: code === 4500 || code === 4501, text };
}

const FIRST_MS = 250;
const CAP_MS = 8_000;

/**
 * Pause before attempt `attempt` (from 0), in ms: doubled each time up to a cap, and between half
 * and the whole of it, so that viewers of a gateway that restarted do not come all at once.
 * `random` is from 0 to 1.
 */
export function pauseBefore(attempt: number, random: number): number {
  const full = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(full * (0.5 + random / 2));
}

/** Silence after which nothing is shown as live any more, ms; below the 2 s that we promise. */
export function doubtAfter(heartbeatMs: number): number {
  return Math.min(heartbeatMs + 500, 1_500);
}

/** Silence after which the connection counts as lost, ms; three heartbeats. */
export function lostAfter(heartbeatMs: number): number {
  return heartbeatMs * 3;
}
