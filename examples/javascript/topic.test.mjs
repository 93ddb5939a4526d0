// Run with `node --test`; needs nothing installed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Topic } from "./topic.mjs";

const NAME = "tick/BINANCE:BTCUSDT/";
const EPOCH = 1768471200000;

const message = (seq, count, { epoch = EPOCH, records = count } = {}) => ({
  topic: NAME,
  meta: { epoch, seq, count, ts_published: 0n, flags: 0 },
  records: Array.from({ length: records }, (_, at) => ({ last: String(seq + at) })),
});
const seqs = (found) => found.filter((one) => one.record).map((one) => one.seq);
const gaps = (found) => found.filter((one) => one.gap).map(({ gap }) => gap);

function live(seq = 10) {
  const topic = new Topic(NAME, "BINANCE:BTCUSDT");
  topic.image(message(seq, 1));
  return topic;
}

test("what comes before the image is held, and what the image covers is dropped", () => {
  const topic = new Topic(NAME, "BINANCE:BTCUSDT");
  assert.deepEqual([9, 10, 11].flatMap((seq) => topic.take(message(seq, 1))), []);
  assert.deepEqual(seqs(topic.image(message(10, 1))), [10, 11]);
});

test("of an image's batch only the newest record is the last value", () => {
  const topic = new Topic(NAME, "BINANCE:BTCUSDT");
  assert.deepEqual(seqs(topic.image(message(4, 3))), [6]);
});

test("a batch that overlaps gives its new records only", () => {
  assert.deepEqual(seqs(live(10).take(message(9, 4))), [11, 12]);
});

test("a hole is held until all of it is there", () => {
  const topic = live(10);
  assert.deepEqual(topic.take(message(13, 1)), []);
  assert.ok(topic.missing);
  assert.deepEqual(topic.take(message(14, 2)), []);
  assert.deepEqual(seqs(topic.recovered([message(10, 2), message(12, 1)])), [11, 12, 13, 14, 15]);
  assert.ok(!topic.missing);
});

test("a heartbeat finds a lost last message", () => {
  const topic = live(10);
  assert.deepEqual(topic.take(message(10, 0)), []);
  assert.ok(!topic.missing);
  topic.take(message(11, 0));
  assert.ok(topic.missing);
});

test("what cannot be recovered is a gap up to the image", () => {
  const topic = live(10);
  topic.take(message(20, 1));
  const found = topic.image(message(20, 1));
  assert.deepEqual(seqs(found), [20]);
  const [{ first, last, reason }] = gaps(found);
  assert.deepEqual([first, last, reason], [11, 19, "aged_out"]);
});

test("a new epoch is a gap of unknown length, also when it has no value yet", () => {
  for (const count of [0, 1]) {
    const topic = live(10);
    topic.resync();
    const found = topic.image(message(count, count, { epoch: EPOCH + 1 }));
    assert.deepEqual(seqs(found), count ? [1] : []);
    assert.deepEqual(gaps(found).map((gap) => [gap.first, gap.last, gap.reason]), [
      [11, null, "new_epoch"],
    ]);
    assert.deepEqual(seqs(topic.take(message(count + 1, 1, { epoch: EPOCH + 1 }))), [count + 1]);
  }
});

test("a late image of the same epoch changes nothing", () => {
  const topic = live(10);
  assert.deepEqual(topic.image(message(8, 1)), []);
  assert.equal(topic.seq, 10);
});

test("a payload that does not hold what was said is told as a gap", () => {
  const found = live(10).take(message(11, 2, { records: 1 }));
  assert.deepEqual(gaps(found).map((gap) => [gap.first, gap.last, gap.reason]), [
    [11, 12, "malformed"],
  ]);
});
