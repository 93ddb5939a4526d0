import { expect, test } from "vitest";
import type { Card } from "../src/board";
import type { Status, Tick } from "../src/protocol";
import { Trail } from "../src/sparkline";
import { ageText, linkText, viewOf, type Surroundings } from "../src/view";
import { BTC, status, tick } from "./records";

const WELL: Surroundings = { link: "open", linkText: "connected", upstream: true, upstreamReason: "", paused: false, now: 2_500 };

function card(shown: Tick | null, state: Status | null): Card {
  return { symbol: BTC, tick: shown, status: state, failure: null, move: 0, movedAt: 0, trail: new Trail() };
}

const LIVE = card(tick(1, "67123.40", { change_percent: "-1.25", change: "-850.10" }), status(1, "live", "ok"));

test("a live price is shown plainly, with its age and origin", () => {
  expect(viewOf(LIVE, WELL)).toMatchObject({
    price: "67,123.40", doubt: false, label: "live", tone: "ok", reason: "", age: "1 s",
    percent: "−1.25%", change: "−850.10", trend: -1, bid: "–", origin: "tradingview/dom",
  });
});

test.each(["pending", "loading", "live", "stale", "retrying", "failed", "something_new"])(
  "a price that is suspect in phase %s is marked, never live",
  (phase) => {
    const view = viewOf(card(tick(1), status(2, phase, "suspect")), WELL);
    expect(view.doubt).toBe(true);
    expect(view.reason).toContain(`it is ${phase}`);
    expect(view.label).not.toBe("live");
    expect(view.tone).not.toBe("ok");
  },
);

test.each(["idle", "opening", "silent", "waiting", "ended"] as const)("while the link is %s, nothing is live", (link) => {
  expect(viewOf(LIVE, { ...WELL, link, linkText: "why" })).toMatchObject({ doubt: true, tone: "bad", reason: "why" });
});

test("without the daemon, when paused and when refused, nothing is live", () => {
  expect(viewOf(LIVE, { ...WELL, upstream: false })).toMatchObject({ doubt: true, label: "disconnected" });
  expect(viewOf(LIVE, { ...WELL, paused: true })).toMatchObject({ doubt: true, label: "paused" });
  const failure = { code: "x", message: "busy", retriable: true, hint: "wait" };
  expect(viewOf({ ...LIVE, failure }, WELL)).toMatchObject({ doubt: true, reason: "busy: wait" });
  expect(viewOf(card(tick(1), null), WELL)).toMatchObject({ doubt: true, label: "waiting" });
});

test("a retry is counted down", () => {
  const state = status(1, "retrying", "suspect", { ts_next: 6e9, attempt: 2 });
  expect(viewOf(card(null, state), WELL).reason).toBe("it is retrying; next attempt in 4 s (attempt 2)");
  expect(viewOf(card(null, state), { ...WELL, now: 7_000 }).reason).toContain("next attempt now");
});

test("labels tell what is not as a plain price is", () => {
  const other = tick(1, "1", { simulated: true, timeliness: "delayed", venue: "COINGECKO", currency: "USD" });
  expect(viewOf(card(other, null), WELL).badges).toEqual(["COINGECKO", "USD", "delayed", "simulated"]);
});

test("only what was given up can be tried again, and says so", () => {
  const failed = card(null, status(1, "failed", "suspect", { code: "no_price", attempt: 2 }));
  expect(viewOf(failed, WELL)).toMatchObject({
    canRetry: true, reason: "it is failed; try again, or choose another source in its view",
  });
  expect(viewOf(LIVE, WELL).canRetry).toBe(false);
});

test("nothing can be tried again where nobody would hear it, or the daemon does it by itself", () => {
  const failed = card(null, status(1, "failed", "suspect", { code: "no_price" }));
  for (const around of [{ link: "ended" }, { upstream: false }, { paused: true }] as const) {
    expect(viewOf(failed, { ...WELL, ...around }).canRetry).toBe(false);
  }
  const full = card(null, status(1, "failed", "suspect", { code: "no_capacity" }));
  expect(viewOf(full, WELL)).toMatchObject({ canRetry: false, reason: "it is failed" });
});

test.each([[-5, "now"], [999, "now"], [59_999, "59 s"], [60_000, "1 min"], [7_200_000, "2 h"], [2e8, "2 d"]])(
  "%i ms are %s", (ms, words) => expect(ageText(ms)).toBe(words),
);

test("the connection is told in words, with a countdown", () => {
  expect(linkText("waiting", "the gateway restarts", 2_100, 1_000)).toBe("the gateway restarts: trying again in 2 s");
  expect(linkText("ended", "a token is needed", 0, 0)).toBe("not connected: a token is needed");
  expect(linkText("opening", "", 0, 0)).toBe("connecting");
});
