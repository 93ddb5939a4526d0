// A page that uses the service as its user would: @connectrpc/connect-web and generated code.
// What comes is kept in `seen`, for the test to look at; whole numbers of 64 bits are bigints.
import { fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import {
  ErrorInfoSchema,
  PriceService,
  StreamPricesRequestSchema,
  StreamPricesResponseSchema,
} from "./gen/cryptostream/v1/prices_pb.js";

const binary = new URLSearchParams(location.search).get("form") === "binary";
const baseUrl = new URLSearchParams(location.search).get("gateway") ?? location.origin;
const client = createClient(
  PriceService,
  createConnectTransport({ baseUrl, useBinaryFormat: binary }),
);
const schemas = { request: StreamPricesRequestSchema, response: StreamPricesResponseSchema };
const stops = {};
globalThis.seen = [];

function keep(name, event) {
  const { case: kind, value } = event;
  if (kind === "results") {
    const results = value.results.map((one) => [one.ticker, one.ok, one.error?.code ?? ""]);
    seen.push({ name, kind, results, recovered: value.results.map((one) => one.recovered) });
  } else if (kind === "batch") {
    for (const { kind: record } of value.records) {
      const { last, phase, seq, epoch, tsPublished, image } = record.value;
      const numbers = { seq, epoch, tsPublished };
      seen.push({ name, kind: record.case, last, phase, image, ...texts(numbers) });
    }
  }
}

// What is no bigint is told as what it is, so that no rounded number passes for a whole one.
function texts(numbers) {
  return Object.fromEntries(
    Object.entries(numbers).map(([key, one]) => [
      key,
      typeof one === "bigint" ? String(one) : `${typeof one} ${one}`,
    ]),
  );
}

globalThis.follow = async (name, clientId, tickers, recover = []) => {
  const stop = new AbortController();
  stops[name] = stop;
  const cursors = recover.map((one) => ({
    ...one,
    epoch: BigInt(one.epoch),
    seq: BigInt(one.seq),
  }));
  try {
    for await (const { event } of client.streamPrices(
      { clientId, tickers, recover: cursors },
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
globalThis.past = async (ticker) =>
  (await client.getHistory({ ticker })).records.map(({ kind }) => texts({ seq: kind.value.seq }));

// Reads a message and writes it anew; bytes travel as base64.
globalThis.again = (name, text) => {
  const schema = schemas[name];
  if (!binary) return toJsonString(schema, fromJsonString(schema, text));
  return base64Encode(toBinary(schema, fromBinary(schema, base64Decode(text))));
};
