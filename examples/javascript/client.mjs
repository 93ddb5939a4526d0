// A CryptoStream client as docs/protocol.md describes it: DEALER for requests, SUB for data.
//
// Events: connected {epoch, simulated}, disconnected {reason}, accepted {ticker, symbol},
// rejected {ticker, error, suggestions}, record {kind, record, epoch, seq, image, ...}, gap {...}.

import { EventEmitter } from "node:events";
import { randomUUID } from "node:crypto";
import { decode, encode } from "@msgpack/msgpack";
import { Dealer, Subscriber } from "zeromq";
import { Topic } from "./topic.mjs";

const VERSION = 1;
const KINDS = ["tick", "trade", "status"];
const IMAGE = 2;
const SIMULATED = 8;
const ANSWER_WITHIN = 2_000; // ms; then a request is given up, and made anew if it still matters
const LIVENESS = 3; // missed heartbeats of the daemon that are a lost connection
const LOOK = 100; // ms between two looks at the clock

export class Client extends EventEmitter {
  constructor({ control = "tcp://127.0.0.1:7700", data = "tcp://127.0.0.1:7701", id } = {}) {
    super();
    this.addresses = { control, data };
    this.id = id ?? randomUUID();
    this.tickers = new Set(); // as the user wrote them
    this.topics = new Map(); // name -> Topic
    this.calls = new Map(); // id -> {resolve, reject, deadline}
    this.lastCall = 0;
    this.generation = 0;
    this.epoch = 0;
    this.lease = 10;
    this.heartbeat = 1;
    this.exchange = "BINANCE";
    this.chunk = 500;
    this.connected = false;
    this.closing = false;
  }

  // Follow these tickers; what becomes of each is told by an event.
  follow(...tickers) {
    for (const ticker of tickers) this.tickers.add(ticker);
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
      data: new Subscriber({ linger: 0, receiveHighWaterMark: 100_000 }),
    };
    this.sockets = sockets;
    this.sending = Promise.resolve();
    this.heard = this.pinged = Date.now();
    sockets.control.connect(this.addresses.control);
    sockets.data.connect(this.addresses.data);
    // Listen first, ask afterwards: what comes in between is held, not lost.
    sockets.data.subscribe("sys/heartbeat/", ...this.topics.keys());
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

  look() {
    const now = Date.now();
    for (const [id, call] of this.calls) {
      if (now < call.deadline) continue;
      this.calls.delete(id);
      call.reject(new Error("the daemon did not answer in time"));
    }
    if (now - this.heard > LIVENESS * this.heartbeat * 1000) this.reconnect(now);
    // However long the lease: the answer says whether the daemon still knows us.
    const pause = Math.min(this.lease / 3, 5) * 1000;
    if (this.connected && now - this.pinged >= pause) {
      this.pinged = now;
      this.attempt(() => this.ping());
    }
  }

  reconnect(now) {
    if (this.connected) {
      this.connected = false;
      this.emit("disconnected", { reason: `nothing was heard for ${now - this.heard} ms` });
    }
    this.closeSockets();
    this.openSockets();
  }

  // -- requests ----------------------------------------------------------------------------

  request(op, fields = {}) {
    const id = ++this.lastCall;
    const { control } = this.sockets;
    const body = encode({ v: VERSION, id, op, ...fields });
    return new Promise((resolve, reject) => {
      this.calls.set(id, { resolve, reject, deadline: Date.now() + ANSWER_WITHIN });
      // One send at a time; one that fails is noticed by the answer that does not come.
      this.sending = this.sending.then(() => control.send(body)).catch(() => {});
    });
  }

  onAnswer(frames) {
    this.heard = Date.now();
    const answer = unpack(frames.at(-1));
    const call = this.calls.get(answer.id);
    if (!call) return; // an answer to a request that was given up
    this.calls.delete(answer.id);
    if (answer.ok) call.resolve(answer);
    else call.reject(Object.assign(new Error(answer.error.message), answer.error));
  }

  // Do something that asks the daemon; without a session say hello, else try again.
  attempt(work) {
    const { sockets } = this;
    work().catch((error) => {
      if (this.closing || sockets !== this.sockets) return;
      const next = error.code === "no_session" ? () => this.hello() : work;
      setTimeout(() => sockets === this.sockets && !this.closing && this.attempt(next), LOOK);
    });
  }

  async hello() {
    const welcome = await this.request("hello", { client: this.id, agent: "javascript-example" });
    this.lease = welcome.lease;
    this.heartbeat = welcome.heartbeat;
    this.exchange = welcome.default_exchange;
    this.chunk = welcome.limits.max_tickers_per_request;
    const { epoch } = welcome;
    this.enterEpoch(epoch);
    if (!this.connected) this.emit("connected", { epoch, simulated: welcome.simulated });
    this.connected = true;
    await this.declare();
  }

  async ping() {
    const { session } = await this.request("ping");
    if (session === false) await this.hello();
  }

  // Say the whole set: idempotent, so that it heals whatever was lost before.
  async declare() {
    const wanted = [...this.tickers];
    for (const ticker of wanted) this.listen(canonical(ticker, this.exchange));
    this.generation += 1;
    const first = wanted.slice(0, this.chunk);
    this.declared(await this.request("set", { tickers: first, generation: this.generation }));
    for (let at = this.chunk; at < wanted.length; at += this.chunk) {
      this.declared(await this.request("modify", { add: wanted.slice(at, at + this.chunk) }));
    }
  }

  declared({ results }) {
    for (const { ok, ticker, symbol, images, error, suggestions } of results) {
      if (ok) {
        this.emit("accepted", { ticker, symbol });
        for (const frames of images) this.onImage(message(frames));
      } else {
        this.tickers.delete(ticker);
        this.forget(canonical(ticker, this.exchange));
        this.emit("rejected", { ticker, error, suggestions: suggestions ?? [] });
      }
    }
  }

  // -- topics ------------------------------------------------------------------------------

  listen(symbol) {
    for (const kind of KINDS) {
      const name = `${kind}/${symbol}/`;
      if (this.topics.has(name)) continue;
      this.topics.set(name, new Topic(name, symbol));
      this.sockets.data.subscribe(name);
    }
  }

  forget(symbol) {
    for (const kind of KINDS) {
      const name = `${kind}/${symbol}/`;
      if (this.topics.delete(name)) this.sockets.data.unsubscribe(name);
    }
  }

  enterEpoch(epoch) {
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    for (const topic of this.topics.values()) topic.resync();
  }

  onData(frames) {
    this.heard = Date.now();
    const found = message(frames);
    if (found.meta.version !== VERSION) return;
    if (found.meta.epoch > this.epoch && this.connected) {
      // The daemon began anew: nothing is certain until it has sent images.
      this.enterEpoch(found.meta.epoch);
      this.attempt(() => this.hello());
    }
    const topic = this.topics.get(found.topic);
    if (!topic || found.meta.epoch !== this.epoch) return;
    const was = topic.missing;
    this.tell(topic, topic.take(found));
    if (topic.missing && !was) this.attempt(() => this.recover(topic));
  }

  onImage(found) {
    const topic = this.topics.get(found.topic);
    if (!topic || topic.mode === "live" || found.meta.epoch !== this.epoch) return;
    this.tell(topic, topic.image(found));
    if (topic.missing) this.attempt(() => this.recover(topic));
  }

  // Ask for all that is missing: the answer is all of it, or an image.
  async recover(topic) {
    if (!topic.missing || this.topics.get(topic.name) !== topic) return;
    const { name, epoch, seq } = topic;
    const answer = await this.request("recover", { topic: name, epoch, seq });
    if (!topic.missing || topic.epoch !== epoch) return; // overtaken by a new epoch
    if (!answer.recovered) {
      this.onImage(message(answer.image));
      return;
    }
    this.tell(topic, topic.recovered(answer.messages.map(message)));
    if (topic.missing) await this.recover(topic);
  }

  tell(topic, found) {
    const kind = topic.name.slice(0, topic.name.indexOf("/"));
    for (const { gap, record, meta, seq } of found) {
      if (gap) {
        this.emit("gap", gap);
        continue;
      }
      this.emit("record", {
        kind,
        ...record,
        epoch: meta.epoch,
        seq,
        ts_published: meta.ts_published,
        image: (meta.flags & IMAGE) !== 0,
        simulated: record.simulated === true || (meta.flags & SIMULATED) !== 0,
      });
    }
  }
}

// Times are ns since 1970 and do not fit into a Number: 64-bit integers come as BigInt.
function unpack(bytes) {
  const found = decode(bytes, { useBigInt64: true });
  if (typeof found.epoch === "bigint") found.epoch = Number(found.epoch);
  return found;
}

function message([topic, meta, payload]) {
  const [version, epoch, seq, count, ts_published, flags] = unpack(meta);
  return {
    topic: Buffer.from(topic).toString(),
    meta: { version, epoch: Number(epoch), seq: Number(seq), count, ts_published, flags },
    records: unpack(payload),
  };
}

// btcusdt -> BINANCE:BTCUSDT
function canonical(ticker, exchange) {
  const name = ticker.trim().toUpperCase();
  return name.includes(":") ? name : `${exchange}:${name}`;
}
