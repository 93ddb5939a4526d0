/** The symbol grammar of the daemon: `EXCHANGE:TICKER`, perhaps with `@source+source` behind it. */

export interface SymbolParts {
  exchange: string;
  ticker: string;
  /** Sources that the symbol names, joined by `+`; empty for the daemon's own choice. */
  sources: string;
}

const TICKER = /^[A-Z0-9]{2,20}(\.P)?$/;
const EXCHANGE = /^[A-Z][A-Z0-9_]{1,19}$/;
const SOURCES = /^[a-z][a-z0-9_]{1,31}(\+[a-z][a-z0-9_]{1,31}){0,3}$/;
// Upper-casing other letters first would turn some of them into ASCII ones.
const ASCII = /^[\x21-\x7e]+$/;

/** The canonical symbol for what a person typed, or null when it is no ticker. */
export function parseSymbol(text: string, defaultExchange: string): string | null {
  const cleaned = text.trim();
  if (!ASCII.test(cleaned)) return null;
  const at = cleaned.indexOf("@");
  const name = (at < 0 ? cleaned : cleaned.slice(0, at)).toUpperCase();
  const colon = name.lastIndexOf(":");
  const exchange = colon < 0 ? defaultExchange : name.slice(0, colon);
  const ticker = name.slice(colon + 1);
  if (!EXCHANGE.test(exchange) || !TICKER.test(ticker)) return null;
  if (at < 0) return `${exchange}:${ticker}`;
  const sources = cleaned.slice(at + 1).toLowerCase();
  const named = sources.split("+");
  if (!SOURCES.test(sources) || new Set(named).size < named.length) return null;
  return `${exchange}:${ticker}@${sources}`;
}

/** The parts of a canonical symbol. */
export function splitSymbol(symbol: string): SymbolParts {
  const [plain = "", sources = ""] = symbol.split("@", 2);
  const colon = plain.indexOf(":");
  return { exchange: plain.slice(0, colon), ticker: plain.slice(colon + 1), sources };
}

/** The same ticker from other sources; empty text for the daemon's own choice. */
export function withSources(symbol: string, sources: string): string {
  const plain = symbol.split("@", 1)[0] ?? symbol;
  return sources ? `${plain}@${sources}` : plain;
}

/** Order of the cards: by ticker, then exchange, then sources. */
export function bySymbol(left: string, right: string): number {
  const [a, b] = [splitSymbol(left), splitSymbol(right)];
  return (
    order(a.ticker, b.ticker) || order(a.exchange, b.exchange) || order(a.sources, b.sources)
  );
}

function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
