/** What the gateway says and hears, as in docs/http.md. Times are ns since the Unix epoch. */

export type Kind = "tick" | "trade" | "status";
export type Cursor = readonly [epoch: number, seq: number];
export type Cursors = Record<string, Record<string, Cursor>>;

export interface Failure {
  code: string;
  message: string;
  retriable: boolean;
  hint: string;
}

interface Stamped {
  symbol: string;
  epoch: number;
  seq: number;
  ts_published: number;
  image?: boolean;
}

export interface Tick extends Stamped {
  k: "tick";
  source: string;
  method: string;
  ts_observed: number;
  last: string;
  bid?: string;
  ask?: string;
  change?: string;
  change_percent?: string;
  volume?: string;
  venue?: string;
  currency?: string;
  timeliness?: string;
  simulated?: boolean;
  conflated?: number;
  first?: number;
}

export interface Status extends Stamped {
  k: "status";
  phase: string;
  stream: string;
  data: string;
  code: string;
  text: string;
  ts: number;
  source?: string;
  attempt?: number;
  ts_next?: number;
  suggestions?: string[];
  simulated?: boolean;
}

export interface Trade extends Stamped {
  k: "trade";
  price: string;
}

export type StreamRecord = Tick | Status | Trade;

export interface Result {
  ticker: string;
  ok: boolean;
  symbol?: string;
  error?: Failure;
  suggestions?: string[];
  recovered?: Record<string, boolean>;
  pending?: boolean;
  removed?: boolean;
}

export interface ServerFacts {
  version: string;
  heartbeat_ms: number;
  default_exchange: string;
  simulated: boolean;
  connected: boolean;
  max_tickers: number;
}

export interface Answer {
  re: number | string | null;
  ok: boolean;
  error?: Failure;
  results?: Result[];
  interval_ms?: number;
  server?: ServerFacts;
}

export interface Batch {
  t: "batch";
  ts: number;
  records: StreamRecord[];
}

export interface Gap {
  t: "gap";
  symbol: string;
  kind: Kind;
  epoch: number;
  first: number | null;
  last: number | null;
  reason: string;
}

export interface Removed {
  t: "removed";
  symbol: string;
  error: Failure;
  suggestions?: string[];
}

export interface Upstream {
  t: "upstream";
  connected: boolean;
  simulated: boolean;
  reason?: string;
}

export interface Heartbeat {
  t: "heartbeat";
  ts: number;
}

export interface Warning {
  t: "warning";
  code: string;
  cleared: boolean;
  interval_ms: number;
}

export type Told = Batch | Gap | Removed | Upstream | Heartbeat | Warning;

export type Request = { op: string; id: number } & Record<string, unknown>;

export const SUBPROTOCOL = "cryptostream.json.v1";
