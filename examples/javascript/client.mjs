// A CryptoStream client as docs/protocol.md describes it: DEALER for requests, XSUB for data.
//
// Events: connected {epoch, simulated}, disconnected {reason}, accepted {ticker, symbol},
// rejected {ticker, error, suggestions}, refused {op, error}, malformed {reason},
// record {kind, ..., epoch, seq, ts_published, image, simulated}, gap {topic, first, last, reason}.

import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { decode, encode } from "@msgpack/msgpack";
import { Dealer, XSubscriber } from "zeromq";
import { Topic } from "./topic.mjs";

const VERSION = 1;
const KINDS = ["tick", "trade", "status"];
const IMAGE = 2;
const SIMULATED = 8;
const ANSWER_WITHIN = 2_000; // ms; then a request is given up, and made anew if it still matters
// Each socket is judged by itself: the life of one must not hide the death of the other.
const LIVENESS = 3; // missed heartbeats on the data socket that are a lost connection
const ANSWERS_SILENT = 2 * ANSWER_WITHIN; // ms without the answers that are awaited, likewise
const LOOK = 100; // ms between two looks at the clock
const LONGEST_PAUSE = 30_000; // ms, added at most before one more attempt to connect

export class Client extends EventEmitter {
  constructor({ control = "tcp://127.0.0.1:7700", data = "tcp://127.0.0.1:7701", id } = {}) {
    super();
    this.addresses = { control, data };
    this.id = id ?? randomUUID();
    this.tickers = new Set(); // as the user wrote them
    this.topics = new Map(); // name -> Topic
    this.calls = new Map(); // id -> {op, resolve, reject, deadline}
    this.lastCall = 0;
    this.generation = 0;
    this.epoch = 0;
    this.lease = 10;
    this.heartbeat = 1;
    this.exchange = "BINANCE";
    this.chunk = 500;
    this.connected = false;
    this.closing = false;
    this.failures = 0; // connections in a row that came to nothing
    this.pause = 0; // ms
  }

  // Follow these tickers; what becomes of each is told by an event.
  follow(...tickers) {
    for (const ticker of tickers) this.tickers.add(ticker);
    if (this.connected) this.attempt(() => this.declare());
  }

  // Follow these tickers, named as they were to `follow`, no more.
  leave(...tickers) {
    for (const ticker of tickers) {
      this.tickers.delete(ticker);
      this.forget(canonical(ticker, this.exchange));
    }
    if (this.connected) this.attempt(() => this.declare());
  }

  open() {
    this.openSockets();
    this.clock = setInterval(() => this.look(), LOOK);
  }

  async close() {
    this.closing = true;
    clearInterval(this.clock);
    if (this.connected) await this.request("bye").catch(() => {});
    this.closeSockets();
  }

  // -- sockets -----------------------------------------------------------------------------

  openSockets() {
    const sockets = {
      control: new Dealer({ linger: 200, sendTimeout: 0 }),
      // Subscriptions are messages too: with a limit some of many would be lost for ever. The
      // SUB socket of this library cannot lift it, XSUB can.
      data: new XSubscriber({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 100_000 }),
    };
    this.sockets = sockets;
    this.sending = { control: Promise.resolve(), data: Promise.resolve() };
    this.heard = this.pinged = Date.now();
    this.awaiting = null; // since when no answer has come that is awaited
    sockets.control.connect(this.addresses.control);
    sockets.data.connect(this.addresses.data);
    // Listen first, ask afterwards: what comes in between is held, not lost.
    for (const name of ["sys/heartbeat/", ...this.topics.keys()]) this.subscribe(name, true);
    this.read(sockets.control, (frames) => this.onAnswer(frames));
    this.read(sockets.data, (frames) => this.onData(frames));
    this.attempt(() => this.hello());
  }

  closeSockets() {
    this.sockets.control.close();
    this.sockets.data.close();
    for (const call of this.calls.values()) call.reject(new Error("the connection was closed"));
    this.calls.clear();
  }

  async read(socket, handle) {
    try {
      for await (const frames of socket) handle(frames);
    } catch (error) {
      if (!socket.closed) throw error;
    }
  }

  // One send at a time. One that fails is noticed: by the answer, or the heartbeat, that is missing.
  send(name, body) {
    const socket = this.sockets[name];
    this.sending[name] = this.sending[name].then(() => socket.send(body)).catch(() => {});
  }

  subscribe(name, wanted) {
    this.send("data", Buffer.concat([Buffer.from([wanted ? 1 : 0]), Buffer.from(name)]));
  }

  look() {
    const now = Date.now();
    for (const [id, call] of this.calls) {
      if (now < call.deadline) continue;
      this.calls.delete(id);
      call.reject(new Error("the daemon did not answer in time"));
    }
    const silent = now - this.heard;
    if (silent > LIVENESS * this.heartbeat * 1000 + this.pause) {
      this.reconnect(`nothing was published for ${silent} ms`);
      return;
    }
    if (this.awaiting !== null && now - this.awaiting > ANSWERS_SILENT + this.pause) {
      this.reconnect(`nothing was answered for ${now - this.awaiting} ms`);
      return;
    }
    // However long the lease: the answer says whether the daemon still knows us.
    if (this.connected && now - this.pinged >= Math.min(this.lease / 3, 5) * 1000) {
      this.pinged = now;
      this.attempt(() => this.ping());
    }
  }

  reconnect(reason) {
    if (this.connected) this.emit("disconnected", { reason });
    this.connected = false;
    this.failures += 1;
    this.pause = Math.random() * Math.min(LONGEST_PAUSE, 250 * 2 ** this.failures);
    this.closeSockets();
    this.openSockets();
  }

  // -- requests ----------------------------------------------------------------------------

  request(op, fields = {}) {
    const id = ++this.lastCall;
    this.awaiting ??= Date.now();
    return new Promise((resolve, reject) => {
      this.calls.set(id, { op, resolve, reject, deadline: Date.now() + ANSWER_WITHIN });
      this.send("control", encode({ v: VERSION, id, op, ...fields }));
    });
  }

  onAnswer(frames) {
    const answer = this.unpack(frames.at(-1));
    const call = this.calls.get(answer?.id);
    this.calls.delete(answer?.id);
    this.awaiting = this.calls.size ? Date.now() : null;
    if (!call) return; // an answer to a request that was given up
    if (answer.ok) call.resolve(answer);
    else call.reject(Object.assign(new Error(answer.error.message), { op: call.op }, answer.error));
  }

  // Do what asks the daemon, again if need be; work says what is wanted now, never old words.
  attempt(work) {
    const { sockets } = this;
    const current = () => sockets === this.sockets && !this.closing;
    work().catch((error) => {
      if (!current()) return;
      if (error.code && !error.retriable && error.code !== "old_generation") {
        const { op, code, message, hint } = error;
        this.emit("refused", { op, error: { code, message, hint } });
        return;
      }
      const next = error.code === "no_session" ? () => this.hello() : work;
      setTimeout(() => current() && this.attempt(next), LOOK * (1 + Math.random()));
    });
  }

  async hello() {
    const welcome = await this.request("hello", { client: this.id, agent: "javascript-example" });
    this.lease = welcome.lease;
    this.heartbeat = welcome.heartbeat;
    this.exchange = welcome.default_exchange;
    this.chunk = welcome.limits.max_tickers_per_request;
    this.failures = this.pause = 0;
    this.enterEpoch(Number(welcome.epoch));
    const { epoch } = this;
    if (!this.connected) this.emit("connected", { epoch, simulated: welcome.simulated });
    this.connected = true;
    await this.declare();
  }

  async ping() {
    const { session, epoch } = await this.request("ping");
    if (session === false || Number(epoch) > this.epoch) await this.hello();
  }

  // Say the whole set: idempotent, so that it heals whatever was lost before.
  async declare() {
    const wanted = [...this.tickers];
    for (const ticker of wanted) this.listen(canonical(ticker, this.exchange));
    const parts = [wanted.slice(0, this.chunk)];
    for (let at = this.chunk; at < wanted.length; at += this.chunk) {
      parts.push(wanted.slice(at, at + this.chunk));
    }
    const generation = ++this.generation;
    const answers = parts.map((tickers, at) =>
      at ? this.request("modify", { add: tickers }) : this.request("set", { tickers, generation }),
    );
    const results = (await Promise.all(answers)).flatMap((answer) => answer.results);
    results.forEach((result, at) => this.declared(wanted[at], result));
    // What was being asked for on a connection that is gone is asked for again.
    for (const topic of this.topics.values()) this.fill(topic);
  }

  declared(ticker, { ok, symbol, images, error, suggestions }) {
    if (!this.tickers.has(ticker)) return; // left meanwhile
    if (!ok) {
      this.tickers.delete(ticker);
      this.forget(canonical(ticker, this.exchange));
      this.emit("rejected", { ticker, error, suggestions: suggestions ?? [] });
      return;
    }
    this.emit("accepted", { ticker, symbol });
    for (const image of images.map((frames) => this.message(frames))) {
      // A topic that has its position goes on from there: what it missed is found and filled.
      const topic = this.topics.get(image?.topic);
      if (topic?.mode === "syncing") this.take(topic, image, () => topic.image(image));
    }
  }

  // -- topics ------------------------------------------------------------------------------

  listen(symbol) {
    for (const name of KINDS.map((kind) => `${kind}/${symbol}/`)) {
      if (this.topics.has(name)) continue;
      this.topics.set(name, new Topic(name, symbol));
      this.subscribe(name, true);
    }
  }

  forget(symbol) {
    for (const name of KINDS.map((kind) => `${kind}/${symbol}/`)) {
      if (this.topics.delete(name)) this.subscribe(name, false);
    }
  }

  enterEpoch(epoch) {
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    for (const topic of this.topics.values()) topic.resync();
  }

  onData(frames) {
    this.heard = Date.now();
    const found = this.message(frames);
    const topic = found && this.topics.get(found.topic);
    if (topic) this.take(topic, found, () => topic.take(found));
    else if (found) this.isPresent(found.meta.epoch);
  }

  // A larger epoch: the daemon began anew, and nothing is certain until it has sent images. A
  // smaller one is a late echo.
  isPresent(epoch) {
    if (epoch > this.epoch && this.connected) {
      this.enterEpoch(epoch);
      this.attempt(() => this.hello());
    }
    return epoch === this.epoch;
  }

  take(topic, { meta }, work) {
    if (!this.isPresent(meta.epoch)) return;
    const was = topic.missing;
    this.tell(topic, work());
    if (!was) this.fill(topic);
  }

  fill(topic) {
    if (topic.missing) this.attempt(() => this.recover(topic));
  }

  // Ask for all that is missing: the answer is all of it, or an image.
  async recover(topic) {
    if (!topic.missing || this.topics.get(topic.name) !== topic) return;
    const { name, epoch, seq } = topic;
    const answer = await this.request("recover", { topic: name, epoch, seq });
    if (!topic.missing || topic.epoch !== epoch) return; // filled, or overtaken by a new epoch
    const messages = (answer.messages ?? [answer.image]).map((frames) => this.message(frames));
    if (answer.recovered) this.tell(topic, topic.recovered(messages));
    else if (this.isPresent(messages[0].meta.epoch)) this.tell(topic, topic.image(messages[0]));
    await this.recover(topic);
  }

  tell(topic, found) {
    const kind = topic.name.slice(0, topic.name.indexOf("/"));
    for (const { gap, record, meta, seq } of found) {
      if (gap) {
        this.emit("gap", gap);
        continue;
      }
      const { epoch, ts_published, flags } = meta;
      const simulated = record.simulated === true || (flags & SIMULATED) !== 0;
      const image = (flags & IMAGE) !== 0;
      this.emit("record", { kind, ...record, epoch, seq, ts_published, image, simulated });
    }
  }

  // -- bytes -------------------------------------------------------------------------------

  message([topic, packed, payload]) {
    const meta = this.unpack(packed);
    if (!Array.isArray(meta) || Number(meta[0]) !== VERSION) {
      this.emit("malformed", { reason: `data messages of version ${meta?.[0]} are not known here` });
      return null;
    }
    const [epoch, seq, count, , flags] = meta.slice(1).map(Number);
    const records = this.unpack(payload);
    return {
      topic: Buffer.from(topic).toString(),
      meta: { epoch, seq, count, ts_published: meta[4], flags },
      records: Array.isArray(records) ? records : [],
    };
  }

  // Times are ns since 1970 and do not fit into a Number: 64-bit integers come as BigInt.
  unpack(bytes) {
    try {
      return decode(bytes, { useBigInt64: true });
    } catch (error) {
      this.emit("malformed", { reason: error.message });
      return null;
    }
  }
}

// btcusdt -> BINANCE:BTCUSDT
function canonical(ticker, exchange) {
  const name = ticker.trim().toUpperCase();
  return name.includes(":") ? name : `${exchange}:${name}`;
}
