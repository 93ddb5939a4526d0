// A page that uses the service as its user would: @connectrpc/connect-web and generated code.
// What comes is kept in `seen`, for the test to look at.
import { ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { ErrorInfoSchema, PriceService } from "./gen/cryptostream/v1/prices_pb.js";

const binary = new URLSearchParams(location.search).get("form") === "binary";
const baseUrl = new URLSearchParams(location.search).get("gateway") ?? location.origin;
const client = createClient(
  PriceService,
  createConnectTransport({ baseUrl, useBinaryFormat: binary }),
);
const stops = {};
globalThis.seen = [];

function keep(name, event) {
  const { case: kind, value } = event;
  if (kind === "results") {
    const results = value.results.map((one) => [one.ticker, one.ok, one.error?.code ?? ""]);
    seen.push({ name, kind, results });
  } else if (kind === "batch") {
    for (const { kind: record } of value.records) {
      const { last, seq, phase } = record.value;
      seen.push({ name, kind: record.case, last, seq: String(seq), phase });
    }
  }
}

globalThis.follow = async (name, clientId, tickers) => {
  const stop = new AbortController();
  stops[name] = stop;
  try {
    for await (const { event } of client.streamPrices(
      { clientId, tickers },
      { signal: stop.signal },
    )) {
      keep(name, event);
    }
  } catch (error) {
    const found = ConnectError.from(error);
    const [info] = found.findDetails(ErrorInfoSchema);
    seen.push({ name, kind: "error", code: info?.code ?? "" });
  }
};
globalThis.leave = (name) => stops[name].abort();
globalThis.modify = async (clientId, add, remove) =>
  (await client.modifyTickers({ clientId, add, remove })).running;
globalThis.search = async (text) =>
  (await client.searchTickers({ text })).found.map((one) => one.symbol);
