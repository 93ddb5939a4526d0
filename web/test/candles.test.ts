import fc from "fast-check";
import { expect, test } from "vitest";
import { CandleBuilder, joined } from "../src/candles";
import { EPOCH, tick } from "./records";

test("a candle has the first, highest, lowest and last price of its time", () => {
  const builder = new CandleBuilder(5);
  for (const [second, price] of [[10, "3"], [11, "5"], [13, "1"], [14, "2"], [15, "9"]] as const) {
    builder.add(tick(second, price));
  }
  expect(builder.candles).toEqual([
    { time: 10, open: 3, high: 5, low: 1, close: 2 },
    { time: 15, open: 9, high: 9, low: 9, close: 9 },
  ]);
});

test("a late tick changes no finished candle and is counted", () => {
  const builder = new CandleBuilder(1);
  builder.add(tick(10));
  expect([builder.add(tick(9)), builder.late, builder.candles.length]).toEqual([null, 1, 1]);
});

test("the oldest candles leave", () => {
  const builder = new CandleBuilder(1, 3);
  for (let second = 1; second < 10; second += 1) builder.add(tick(second));
  expect(builder.candles.map((one) => one.time)).toEqual([7, 8, 9]);
});

test("history and live join without a hole, and nothing is there twice, wherever they meet", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.nat(5), (answered, begin, merged) => {
      fc.pre(begin <= answered + 1);
      const all = Array.from({ length: 60 }, (_, at) => tick(at + 1));
      const live = all.slice(begin - 1 + merged).map((one, at) => (at ? one : { ...one, first: begin }));
      const found = joined(all.slice(0, answered), live).map((one) => one.seq);
      expect(found).toEqual([...all.slice(0, begin - 1), ...live].map((one) => one.seq));
    }),
  );
});

test("history of an earlier run stands before, of a later one it is left out", () => {
  const live = [tick(1)];
  expect(joined([tick(9, "1", { epoch: EPOCH - 1 })], live)).toHaveLength(2);
  expect(joined([tick(9, "1", { epoch: EPOCH + 1 })], live)).toHaveLength(1);
  expect(joined([tick(1)], [])).toHaveLength(1);
});
