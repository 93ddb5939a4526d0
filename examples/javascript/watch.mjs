// Prints one JSON line per tick; everything else goes to standard error.
//
//   node watch.mjs [--control ADDRESS] [--data ADDRESS] [--count N] [--seconds S] TICKER...

import { parseArgs } from "node:util";
import { Client } from "./client.mjs";

const NO_TICKS = 3;
const UNKNOWN_TICKER = 4;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    control: { type: "string" },
    data: { type: "string" },
    count: { type: "string" },
    seconds: { type: "string" },
  },
});
if (!positionals.length) {
  console.error("usage: node watch.mjs [--count N] [--seconds S] TICKER...");
  process.exit(2);
}

const limit = values.count ? Number(values.count) : Infinity;
const client = new Client({ control: values.control, data: values.data });
let seen = 0;

// 64-bit integers become text: a JSON number would lose their last digits in JavaScript.
const json = (value) =>
  JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner));

let ending = false;
async function end(code) {
  if (ending) return;
  ending = true;
  await client.close();
  process.exitCode = code;
}

client.on("record", ({ kind, ...record }) => {
  if (ending) return;
  if (kind !== "tick") {
    console.error(json({ kind, ...record }));
    return;
  }
  console.log(json(record));
  seen += 1;
  if (seen >= limit) end(0);
});
for (const event of ["connected", "disconnected", "accepted", "refused", "malformed", "gap"]) {
  client.on(event, (what) => console.error(json({ kind: event, ...what })));
}
client.on("rejected", (what) => {
  console.error(json({ kind: "rejected", ...what }));
  if (!client.tickers.size) end(UNKNOWN_TICKER);
});

client.follow(...positionals);
client.open();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => end(0));
if (values.seconds) setTimeout(() => end(seen ? 0 : NO_TICKS), Number(values.seconds) * 1000).unref();
