import { expect, test } from "vitest";
import { readSaved, writeSaved } from "../src/watchlist";

test("what was saved comes back", () => {
  const saved = { tickers: ["BINANCE:BTCUSDT", "KRAKEN:ETHEUR@ccxt"], interval: 250, theme: "dark" as const };
  expect(readSaved(writeSaved(saved))).toEqual(saved);
});

test("an empty list stays empty; a first visit has some tickers", () => {
  expect(readSaved('{"tickers": []}').tickers).toEqual([]);
  expect(readSaved(null).tickers).toContain("BINANCE:BTCUSDT");
});

test.each(["", "null", "[]", "7", '{"tickers": 7, "interval": 3, "theme": "pink"}', "{"])(
  "%j is replaced by the default", (text) => expect(readSaved(text)).toEqual(readSaved(null)),
);

test("what is no ticker, and what is there twice, is left out", () => {
  expect(readSaved('{"tickers": ["solusdt", "BINANCE:SOLUSDT", "?", 5]}').tickers).toEqual(["BINANCE:SOLUSDT"]);
});
