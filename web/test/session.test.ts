import { expect, test } from "vitest";
import { Session, type Wishes } from "../src/session";
import { BTC, EPOCH } from "./records";

const WISHES: Wishes = { tickers: [BTC], intervalMs: 100, paused: false, recover: {} };
const HELLO = {
  re: 1, ok: true,
  server: { version: "1", heartbeat_ms: 1_000, default_exchange: "BINANCE", simulated: true, connected: true, max_tickers: 500 },
};

function open(wishes: Wishes = WISHES): Session {
  const session = new Session("me");
  session.begin(0);
  session.opened(0, wishes);
  session.received(HELLO, 0);
  return session;
}

test("a connection begins with a hello that recovers, and the whole list", () => {
  const session = new Session("me");
  session.begin(0);
  const recover = { [BTC]: { tick: [EPOCH, 4] as const } };
  const said = session.opened(0, { ...WISHES, paused: true, recover });
  expect(said.map((one) => one.op)).toEqual(["hello", "pause", "subscribe"]);
  expect(said[0]).toMatchObject({ client_id: "me", interval_ms: 100, recover });
  expect(said[2]).toMatchObject({ tickers: [BTC] });
  expect(new Set(said.map((one) => one.id)).size).toBe(3);
});

test("silence is first doubted, then cut; a message ends the doubt", () => {
  const session = open();
  expect([session.look(1_499), session.phase]).toEqual([null, "open"]);
  expect([session.look(1_501), session.phase]).toEqual([null, "silent"]);
  session.received({ t: "heartbeat", ts: 1 }, 1_800);
  expect(session.phase).toBe("open");
  expect(session.look(4_801)).toBe("cut");
});

test("a lost connection is made anew after pauses that grow until one held", () => {
  const session = open();
  const pauses: number[] = [];
  for (const at of [100, 10_000, 20_000]) {
    session.closed(1006, at, 1);
    pauses.push(session.nextAt - at);
    expect(session.look(session.nextAt - 1)).toBeNull();
    expect(session.look(session.nextAt)).toBe("connect");
    session.begin(session.nextAt);
  }
  expect(pauses).toEqual([250, 500, 1_000]);
  session.opened(30_000, WISHES);
  session.closed(1006, 36_000, 1);
  expect(session.nextAt).toBe(36_250);
  expect(session.reconnects).toBe(4);
});

test("a code for good is obeyed until a person asks", () => {
  const session = open();
  session.closed(4500, 100, 1);
  expect([session.phase, session.ending?.token, session.look(1e9)]).toEqual(["ended", true, null]);
  session.hurry(200);
  expect(session.look(200)).toBe("connect");
});

test("a handshake that nobody answers is given up", () => {
  const session = new Session("me");
  session.begin(0);
  expect([session.look(5_000), session.look(5_001)]).toEqual([null, "cut"]);
});

test("the hello tells how the server is", () => {
  expect(open().received(HELLO, 1)).toEqual([{ what: "greeted", facts: HELLO.server }]);
});

test("answers are learned: results, the interval, refusals", () => {
  const session = open();
  const result = { ticker: "btcusdt", ok: true, symbol: BTC };
  expect(session.received({ re: 2, ok: true, interval_ms: 250, results: [result] }, 1)).toEqual([
    { what: "result", result },
    { what: "granted", intervalMs: 250 },
  ]);
  const error = { code: "bad_request", message: "no", retriable: false, hint: "do" };
  expect(session.received({ re: 3, ok: false, error }, 1)).toEqual([{ what: "refused", text: "no: do" }]);
});

test("requests are as the document has them", () => {
  const session = open();
  expect(session.modify(["A"], ["B"])).toMatchObject({ op: "modify", add: ["A"], remove: ["B"] });
  expect(session.setInterval(250)).toMatchObject({ op: "modify", interval_ms: 250 });
  expect([session.pause(true).op, session.pause(false).op]).toEqual(["pause", "resume"]);
});
