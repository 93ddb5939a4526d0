import { expect, test } from "vitest";
import { Positions } from "../src/cursors";
import { BTC, EPOCH, status, tick } from "./records";

test("records in order leave no hole, and the newest is where a reconnect begins", () => {
  const positions = new Positions();
  expect([tick(1), tick(2), status(7, "live", "ok")].map((one) => positions.take(one))).toEqual([null, null, null]);
  expect(positions.recoverable([BTC, "X:OTHER"])).toEqual({ [BTC]: { tick: [EPOCH, 2] } });
});

test("merged ticks close the hole that they span", () => {
  const positions = new Positions();
  positions.take(tick(1));
  expect(positions.take(tick(5, "1", { first: 2, conflated: 3 }))).toBeNull();
});

test("missing sequences are told, once", () => {
  const positions = new Positions();
  positions.take(tick(1));
  expect(positions.take(tick(5))).toEqual({ symbol: BTC, kind: "tick", first: 2, last: 4 });
  expect(positions.take(tick(6))).toBeNull();
});

test("an image and a new epoch are no holes", () => {
  const positions = new Positions();
  positions.take(tick(1));
  expect(positions.take(tick(9, "1", { image: true }))).toBeNull();
  expect(positions.take(tick(3, "1", { epoch: EPOCH + 1 }))).toBeNull();
});

test("an older record is known, the same one is not older", () => {
  const positions = new Positions();
  positions.take(tick(5));
  expect([positions.knows(tick(4)), positions.knows(tick(5)), positions.knows(tick(6))]).toEqual([true, false, false]);
  positions.take(tick(3));
  expect(positions.recoverable([BTC])).toEqual({ [BTC]: { tick: [EPOCH, 5] } });
});

test("a gap that was told is not found again; one without an end begins anew", () => {
  const positions = new Positions();
  positions.take(tick(1));
  positions.skip(BTC, "tick", EPOCH, 4);
  expect(positions.take(tick(5))).toBeNull();
  positions.skip(BTC, "tick", EPOCH, null);
  expect(positions.recoverable([BTC])).toEqual({});
});
