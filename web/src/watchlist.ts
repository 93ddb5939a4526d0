/** What is kept in the browser between visits, and how it is read back. */

import { bySymbol, parseSymbol } from "./symbols";

export interface Saved {
  tickers: string[];
  interval: number;
  theme: Theme;
}

export type Theme = "auto" | "light" | "dark";

/** Least ms between two ticks of a ticker that the page offers. */
export const INTERVALS = [0, 100, 250, 1000] as const;
export const KEY = "cryptostream";
const MOST = 500;
const FIRST: Saved = {
  tickers: ["BNBUSDT", "BTCUSDT", "DOGEUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"].map(
    (ticker) => `BINANCE:${ticker}`,
  ),
  interval: 100,
  theme: "auto",
};

/** What was saved; what is not as it should be is replaced by the default. */
export function readSaved(text: string | null): Saved {
  const found = parsed(text);
  const tickers = Array.isArray(found["tickers"])
    ? found["tickers"].filter((one): one is string => typeof one === "string")
    : FIRST.tickers;
  const canonical = tickers.flatMap((one) => parseSymbol(one, "BINANCE") ?? []);
  const interval = INTERVALS.find((one) => one === found["interval"]) ?? FIRST.interval;
  const theme = (["light", "dark"] as const).find((one) => one === found["theme"]) ?? FIRST.theme;
  return { tickers: [...new Set(canonical)].sort(bySymbol).slice(0, MOST), interval, theme };
}

export function writeSaved(saved: Saved): string {
  return JSON.stringify(saved);
}

function parsed(text: string | null): Record<string, unknown> {
  if (text === null) return {};
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
  } catch (error) {
    // Somebody else's text under our key, or a half-written one: begin anew.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
