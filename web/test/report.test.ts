import { expect, test } from "vitest";
import { faultsOf } from "../src/faults";
import { Latency, Samples } from "../src/latency";
import { factsOf, processRow, seconds, troubleOf, workerRow } from "../src/report";
import { batch, status, tick } from "./records";

test("faults begin with the first doubt and last until all is well", () => {
  const found = faultsOf(
    [status(1, "loading", "suspect"), status(2, "live", "ok"), status(3, "stale", "suspect", { code: "silent" }),
      status(4, "retrying", "suspect"), status(9, "live", "ok"), status(12, "retrying", "suspect")],
    0,
  );
  expect(found.map((one) => [one.code, one.at, one.lasted])).toEqual([["silent", 3_000, 6_000], ["retrying", 12_000, null]]);
});

test("faults before the hour are left out, unless they last", () => {
  const old = [status(1, "stale", "suspect"), status(2, "live", "ok"), status(3, "stale", "suspect")];
  expect(faultsOf(old, 5_000).map((one) => one.at)).toEqual([3_000]);
});

test("quantiles of the last samples", () => {
  const samples = new Samples();
  expect(samples.quantiles()).toBeNull();
  for (let value = 0; value < 1_000; value += 1) samples.add(value);
  expect(samples.quantiles()).toEqual({ count: 500, median: 750, p99: 995 });
});

test("latency is taken from new ticks, not from images", () => {
  const latency = new Latency();
  latency.take({ ...batch(tick(1, "1", { image: true })), ts: 1e9 }, 0);
  latency.take({ ...batch(tick(1, "1", { ts_published: 1.002e9 })), ts: 1.005e9 }, 1_006);
  const found = Object.values(latency.hops).map((hop) => hop.quantiles()?.median.toFixed(3));
  expect(found).toEqual(["2.000", "3.000", "1.000"]);
});

test("figures become rows, known and new ones", () => {
  expect(factsOf({ sent_bytes: 5, rate: 1.25, list: [1, 2], none: null, nested: {} })).toEqual({
    "sent bytes": "5", rate: "1.3", list: "2", none: "–",
  });
  const row = workerRow({ worker: "browser-0", pid: 7, pages: 3, heard: 0.12, lost: 1, sent: 9, rss: 5, idle: 0 });
  expect(row).toMatchObject({ worker: "browser-0", "pages or tickers": "3", heard: "0.1 s ago", "lost, dropped": "1, 0", details: "rss 5" });
});

test("a process has its state, its age and its memory", () => {
  const found = processRow(
    { name: "browser-0", state: "running", pid: 7, restarts: 2, last_error: "SIGKILL", since: 1e9, memory: 5 * 1024 * 1024, processes: 3 },
    61_000,
  );
  expect(found).toEqual({
    process: "browser-0", state: "running", for: "60 s", pid: "7", restarts: "2", memory: "5 MiB", processes: "3", "last error": "SIGKILL",
  });
  expect(processRow({ name: "feeds", state: "backoff", pid: null, restarts: 1, since: 1e9, memory: null, processes: 0 }, 500)).toMatchObject({
    for: "0.0 s", pid: "–", memory: "–", "last error": "",
  });
});

test("faults of processes are those of the hour, newest first", () => {
  const faults = [1, 5, 9].map((s) => ({ ts: s * 1e9, name: `child-${s}`, what: "failed", text: "reason=died" }));
  expect(troubleOf(faults, 4_000).map((one) => one["process"])).toEqual(["child-9", "child-5"]);
});

test.each([[0.25, "0.3 s"], [61, "61 s"], [3_600, "60 min"], [9_000, "3 h"], ["x", "–"]])("%s s are %s", (s, words) =>
  expect(seconds(s)).toBe(words),
);
