import { expect, test } from "vitest";
import { bySymbol, parseSymbol, splitSymbol, withSources } from "../src/symbols";

test.each([
  ["btcusdt", "BINANCE:BTCUSDT"],
  [" kraken:etheur ", "KRAKEN:ETHEUR"],
  ["BTCUSDT.P", "BINANCE:BTCUSDT.P"],
  ["btcusdt@Binance+coingecko", "BINANCE:BTCUSDT@binance+coingecko"],
  ["", null],
  ["x", null],
  ["BTC USDT", null],
  ["BTCUSDT@", null],
  ["BTCUSDT@binance+binance", null],
  ["ßtcusdt", null],
  [":BTCUSDT", null],
])("%j is %s", (text, symbol) => {
  expect(parseSymbol(text, "BINANCE")).toBe(symbol);
});

test("a symbol is taken apart and given other sources", () => {
  expect(splitSymbol("KRAKEN:BTCUSD@ccxt")).toEqual({ exchange: "KRAKEN", ticker: "BTCUSD", sources: "ccxt" });
  expect(withSources("KRAKEN:BTCUSD@ccxt", "")).toBe("KRAKEN:BTCUSD");
  expect(withSources("KRAKEN:BTCUSD", "ccxt")).toBe("KRAKEN:BTCUSD@ccxt");
});

test("cards stand by ticker, then exchange, then sources", () => {
  const sorted = ["KRAKEN:AAVE", "BINANCE:BTCUSDT@b", "BINANCE:BTCUSDT", "BINANCE:AAVE"].sort(bySymbol);
  expect(sorted).toEqual(["BINANCE:AAVE", "KRAKEN:AAVE", "BINANCE:BTCUSDT", "BINANCE:BTCUSDT@b"]);
});
