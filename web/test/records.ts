import type { Batch, Status, StreamRecord, Tick } from "../src/protocol";

export const BTC = "BINANCE:BTCUSDT";
export const EPOCH = 1_768_471_200_000;

export function tick(seq: number, last = "100.5", more: Partial<Tick> = {}): Tick {
  const ts = seq * 1e9;
  return {
    k: "tick", symbol: BTC, epoch: EPOCH, seq, ts_published: ts, ts_observed: ts,
    source: "tradingview", method: "dom", last, ...more,
  };
}

export function status(seq: number, phase: string, data: string, more: Partial<Status> = {}): Status {
  return {
    k: "status", symbol: BTC, epoch: EPOCH, seq, ts_published: seq * 1e9, ts: seq * 1e9,
    phase, data, stream: "open", code: phase, text: `it is ${phase}`, ...more,
  };
}

export function batch(...records: StreamRecord[]): Batch {
  return { t: "batch", ts: 1e15, records };
}
