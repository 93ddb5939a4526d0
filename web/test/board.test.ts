import { expect, test } from "vitest";
import { Board } from "../src/board";
import { BTC, EPOCH, batch, status, tick } from "./records";

function board(...symbols: string[]): Board {
  const found = new Board();
  for (const symbol of symbols.length ? symbols : [BTC]) found.add(symbol);
  found.dirty.clear();
  return found;
}

test("a tick marks its own card and no other", () => {
  const all = board(BTC, "BINANCE:ETHUSDT");
  all.apply(batch(tick(1, "100"), tick(2, "101")), 50, 1e9);
  expect([...all.dirty]).toEqual([BTC]);
  expect(all.cards.get(BTC)).toMatchObject({ move: 1, movedAt: 50, tick: { last: "101" } });
});

test("an older record changes nothing", () => {
  const all = board();
  all.apply(batch(tick(5, "100")), 0, 0);
  all.apply(batch(tick(4, "90")), 0, 0);
  expect(all.cards.get(BTC)?.tick?.last).toBe("100");
});

test("an equal price is no movement", () => {
  const all = board();
  all.apply(batch(tick(1, "1.10"), tick(2, "1.1")), 9, 0);
  expect(all.cards.get(BTC)?.movedAt).toBe(0);
});

test("an invalid ticker leaves with its reason and near names, however it is told", () => {
  const error = { code: "unknown_symbol", message: "no such symbol", retriable: false, hint: "see suggestions" };
  const asked = board();
  asked.result({ ticker: BTC, symbol: BTC, ok: false, error, suggestions: ["BINANCE:BTCUSDC"] });
  const removed = board();
  removed.apply({ t: "removed", symbol: BTC, error, suggestions: ["BINANCE:BTCUSDC"] }, 0, 0);
  for (const all of [asked, removed]) {
    expect(all.cards.size).toBe(0);
    expect(all.notices).toMatchObject([{ text: `${BTC} was removed: no such symbol`, suggestions: ["BINANCE:BTCUSDC"] }]);
  }
  const seen = board();
  seen.apply(batch(status(1, "invalid", "suspect")), 0, 0);
  expect(seen.cards.size).toBe(0);
});

test("what may work later stays, with why it does not", () => {
  const all = board();
  const error = { code: "no_answer", message: "busy", retriable: true, hint: "wait" };
  all.result({ ticker: BTC, ok: false, error });
  expect(all.cards.get(BTC)?.failure).toEqual(error);
  all.result({ ticker: BTC, ok: true, symbol: BTC });
  expect(all.cards.get(BTC)?.failure).toBeNull();
});

test("a gap tears the line and is counted, told or found", () => {
  const lost: string[] = [];
  const all = new Board(undefined, (symbol) => lost.push(symbol));
  all.add(BTC);
  all.apply(batch(tick(1)), 0, 0);
  all.apply({ t: "gap", symbol: BTC, kind: "tick", epoch: EPOCH, first: 2, last: 4, reason: "aged_out" }, 0, 0);
  all.apply(batch(tick(5), tick(9)), 0, 0);
  expect([all.gaps, lost]).toEqual([2, [BTC, BTC]]);
  expect(all.cards.get(BTC)?.trail.points.map((point) => point.apart)).toEqual([false, true, true]);
});

test("losing the daemon marks every card", () => {
  const all = board(BTC, "BINANCE:ETHUSDT");
  all.apply({ t: "upstream", connected: false, simulated: false, reason: "silent" }, 0, 0);
  expect([all.upstream, all.dirty.size]).toEqual([false, 2]);
});

test("messages to the person are bounded", () => {
  const all = board();
  for (let number = 0; number < 10; number += 1) all.notify(String(number));
  expect(all.notices.map((one) => one.text)).toEqual(["6", "7", "8", "9"]);
  all.dismiss(all.notices[0]!.id);
  expect(all.notices).toHaveLength(3);
});

test("a slow page is told, and told again when it is over; clocks are compared", () => {
  const all = board();
  all.apply({ t: "warning", code: "slow", cleared: false, interval_ms: 1000 }, 0, 0);
  expect(all.slow).toBe(true);
  all.apply({ t: "warning", code: "slow", cleared: true, interval_ms: 0 }, 0, 0);
  expect(all.slow).toBe(false);
  all.apply({ t: "heartbeat", ts: 5_000e6 }, 0, 4_000);
  expect(all.clockOffset).toBe(1_000);
});
