// One topic without a hole: image, updates, recovery. No sockets, no clock.
//
// `take`, `image` and `recovered` return what became known, in order:
//   {record, meta, image}   one record, with its sequence in `seq`
//   {gap: {...}}            records that did not come and will not come
// `missing` is true while records before the ones at hand have to be asked for.

// Messages held while an image or a missing part is on its way; the oldest go first, and the
// hole that this makes is found by its sequence.
const HELD = 10_000;

export class Topic {
  constructor(name, symbol) {
    this.name = name;
    this.symbol = symbol;
    this.mode = "syncing"; // its image is on the way; then "live" or "recovering"
    this.epoch = 0;
    this.seq = 0; // of the newest record taken
    this.held = [];
  }

  get missing() {
    return this.mode === "recovering";
  }

  // Trust nothing until the next image.
  resync() {
    this.mode = "syncing";
  }

  take(message) {
    const { meta } = message;
    if (this.mode !== "live") {
      this.held.push(message);
      if (this.held.length > HELD) this.held.shift();
      return [];
    }
    if (meta.epoch !== this.epoch) return [];
    // A heartbeat has no records and names the topic's top: that one must be known.
    const first = meta.count ? meta.seq : meta.seq + 1;
    if (first > this.seq + 1) {
      this.mode = "recovering";
      this.held.push(message);
      return [];
    }
    const fresh = topOf(meta) - this.seq;
    if (fresh <= 0) return [];
    this.seq = topOf(meta);
    return recordsOf(message).slice(-fresh);
  }

  image(message) {
    const { meta } = message;
    const top = topOf(meta);
    const out = [];
    if (meta.epoch !== this.epoch || top > this.seq) {
      out.push(...this.gapBefore(meta, top));
      this.epoch = meta.epoch;
      this.seq = top;
      // Of an image's records only the newest is the last value.
      out.push(...recordsOf(message).slice(-1));
    }
    this.mode = "live";
    return [...out, ...this.replayHeld()];
  }

  // Take all that was missing, then what came meanwhile.
  recovered(messages) {
    this.mode = "live";
    const out = messages.flatMap((message) => this.take(message));
    return this.missing ? out : [...out, ...this.replayHeld()];
  }

  replayHeld() {
    const held = this.held;
    this.held = [];
    return held.flatMap((message) => this.take(message));
  }

  gapBefore(meta, top) {
    if (!this.epoch) return []; // the first image: nothing was promised before it
    const gap = { topic: this.name, symbol: this.symbol, epoch: this.epoch, first: this.seq + 1 };
    // A topic that had no record and has none: there is nothing to miss.
    if (this.epoch !== meta.epoch && !this.seq && !top) return [];
    if (this.epoch !== meta.epoch) return [{ gap: { ...gap, last: null, reason: "new_epoch" } }];
    const last = meta.count ? top - 1 : top;
    return this.seq < last ? [{ gap: { ...gap, last, reason: "aged_out" } }] : [];
  }
}

export function topOf(meta) {
  return meta.count ? meta.seq + meta.count - 1 : meta.seq;
}

// A payload that could not be read, or holds another number of records than was said, is lost.
function recordsOf({ topic, meta, records }) {
  if (records.length === meta.count) {
    return records.map((record, at) => ({ record, meta, seq: meta.seq + at }));
  }
  const symbol = topic.split("/").at(-2);
  const span = { epoch: meta.epoch, first: meta.seq, last: topOf(meta) };
  return [{ gap: { topic, symbol, ...span, reason: "malformed" } }];
}
