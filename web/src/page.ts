/** The page: what the person does and what the gateway says meet here. */

import { Adding } from "./adding";
import { Api, type SourceFacts, wordsOf } from "./api";
import { Board } from "./board";
import { Cards } from "./cards";
import type { Colours } from "./chart";
import { Controls } from "./controls";
import { Detail } from "./detail";
import { byId, setAttribute, setText } from "./dom";
import { Frame } from "./frame";
import { Latency } from "./latency";
import { Link } from "./link";
import { Notices } from "./notices";
import { Operator } from "./operator";
import type { StreamRecord } from "./protocol";
import type { Learned } from "./session";
import { parseSymbol, withSources } from "./symbols";
import { TokenDialog } from "./token";
import { linkText, viewOf, type Surroundings } from "./view";
import { KEY, readSaved, writeSaved } from "./watchlist";

/** Ages and countdowns are looked at so often; ms. */
const AGES_MS = 500;
/** What was refused for now is asked for again after so long; ms. */
const AGAIN_MS = 5_000;
/** New cards are given the past of their line so often; ms. */
const SEED_MS = 1_000;
const SEED_TICKS = 2_000;

export class Page {
  private readonly saved = readSaved(localStorage.getItem(KEY));
  private readonly api = new Api();
  private readonly latency = new Latency();
  private readonly board = new Board((record) => this.onRecord(record), (symbol) => this.onGap(symbol));
  private readonly frame = new Frame((now) => this.draw(now));
  private readonly cards = new Cards(byId("cards"), {
    remove: (symbol) => this.remove(symbol),
    retry: (symbol) => this.retry(symbol),
  });
  private readonly notices = new Notices(byId("notices"), this.board, (symbol) => this.add(symbol));
  private readonly controls = new Controls(this.saved, {
    pause: (paused) => this.pause(paused),
    interval: (ms) => this.interval(ms),
    theme: () => this.restyle(),
  });
  private readonly adding = new Adding(this.api, () => this.defaultExchange, (symbol) => this.add(symbol));
  private readonly link: Link;
  private readonly token: TokenDialog;
  private sources: SourceFacts[] = [];
  private detail: Detail | null = null;
  private operator: Operator | null = null;
  /** Cards whose line has not got its past yet. */
  private readonly unseeded = new Set<string>();
  private seeding = false;
  private titled = "";
  private timer = 0;

  constructor() {
    const url = new URL("v1/stream", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.hash = "";
    this.link = new Link(url.href, `dashboard-${crypto.randomUUID().slice(0, 8)}`, () => this.wishes(), {
      learned: (learned) => this.learned(learned),
      changed: () => this.linkChanged(),
    });
    this.token = new TokenDialog((secret) => this.useToken(secret));
    for (const symbol of this.saved.tickers) {
      this.board.add(symbol);
      this.unseeded.add(symbol);
    }
  }

  start(): void {
    this.link.token = this.api.token = this.token.kept;
    this.route();
    this.draw(performance.now());
    this.link.start();
    addEventListener("hashchange", () => this.route());
    addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("visibilitychange", () => this.refresh());
    setInterval(() => this.refresh(), AGES_MS);
    setInterval(() => this.askAgain(), AGAIN_MS);
    setInterval(() => void this.seed(), SEED_MS);
  }

  private get defaultExchange(): string {
    return this.link.session.facts?.default_exchange ?? "BINANCE";
  }

  private wishes() {
    const tickers = this.board.symbols;
    const recover = this.board.positions.recoverable(tickers);
    return { tickers, recover, intervalMs: this.saved.interval, paused: this.controls.paused };
  }

  // What the person does.

  private add(symbol: string): string {
    const most = this.link.session.facts?.max_tickers ?? Infinity;
    if (this.board.cards.size >= most) return `The gateway allows ${most} tickers here`;
    if (!this.board.add(symbol)) return `${symbol} is in the list already`;
    this.unseeded.add(symbol);
    this.link.send((session) => session.subscribe([symbol]));
    this.save();
    this.frame.ask();
    return "";
  }

  private remove(symbol: string): void {
    this.cards.leaveFocus(symbol);
    this.board.remove(symbol);
    this.link.send((session) => session.modify([], [symbol]));
    this.save();
    // At once: what is removed next must not hand the focus to a card that is about to go.
    this.draw(performance.now());
  }

  /** Wanting it anew is what makes the daemon try again. */
  private retry(symbol: string): void {
    this.link.send((session) => session.subscribe([symbol]));
    // The button goes as soon as the daemon tries: the focus stays with the card.
    document.activeElement?.closest(".card")?.querySelector("a")?.focus();
  }

  private choose(symbol: string, sources: string): void {
    const other = withSources(symbol, sources);
    if (other === symbol) return;
    this.board.remove(symbol);
    this.board.add(other);
    this.unseeded.add(other);
    this.link.send((session) => session.modify([other], [symbol]));
    this.save();
    location.hash = `#/ticker/${encodeURIComponent(other)}`;
  }

  private pause(paused: boolean): void {
    this.link.send((session) => session.pause(paused));
    this.refresh();
  }

  private interval(ms: number): void {
    this.link.send((session) => session.setInterval(ms));
    this.save();
  }

  private useToken(secret: string): void {
    this.link.token = this.api.token = secret;
    this.link.hurry();
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as Element;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && this.detail) location.hash = "#/";
    if (target.matches("input, select, textarea, dialog *")) return;
    const card = target.closest<HTMLElement>(".card");
    if (event.key === "/") {
      event.preventDefault();
      location.hash = "#/";
      this.route();
      this.adding.focus();
    } else if (event.key === "p") this.controls.togglePause();
    else if (event.key === "Delete" && card?.dataset["symbol"]) this.remove(card.dataset["symbol"]);
    else if (card && event.key.startsWith("Arrow") && this.cards.move(card, event.key)) event.preventDefault();
  }

  // What the gateway says.

  private learned(learned: Learned): void {
    switch (learned.what) {
      case "told":
        if (learned.message.t === "batch") this.latency.take(learned.message, Date.now());
        this.board.apply(learned.message, performance.now(), Date.now());
        if (learned.message.t === "removed") this.save();
        break;
      case "result":
        this.board.result(learned.result);
        if (!learned.result.ok) this.save();
        break;
      case "greeted":
        this.board.hears(learned.facts.connected);
        this.admitted();
        break;
      case "granted":
        this.controls.granted(learned.intervalMs);
        break;
      case "refused":
        this.board.notify(`The gateway refused: ${learned.text}`);
        break;
    }
    this.frame.ask();
  }

  /** Ask for the past of cards that have a first value, one after the other. */
  private async seed(): Promise<void> {
    if (this.seeding || !this.link.session.connected) return;
    this.seeding = true;
    try {
      for (const symbol of this.unseeded) {
        const card = this.board.cards.get(symbol);
        if (card && !card.tick) continue;
        this.unseeded.delete(symbol);
        if (!card) continue;
        const { records } = await this.api.history(symbol, "tick", SEED_TICKS);
        card.trail.seed(records.filter((one) => one.k === "tick").map((one) => [one.ts_observed / 1e6, Number(one.last)]));
        this.board.dirty.add(symbol);
      }
    } catch (error) {
      // The line begins with what is live: nothing that a person has to be told.
      console.info("no past for a card:", wordsOf(error));
    } finally {
      this.seeding = false;
      this.frame.ask();
    }
  }

  private onRecord(record: StreamRecord): void {
    if (record.k === "tick" && this.detail?.symbol === record.symbol) this.detail.tick(record);
  }

  private onGap(symbol: string): void {
    if (this.detail?.symbol === symbol) void this.detail.load();
  }

  private linkChanged(): void {
    const { session } = this.link;
    if (session.phase === "ended" && session.ending?.token) this.token.ask(session.ending.text);
    this.refresh();
  }

  /** The gateway let this page in: only now it answers what else is asked of it. */
  private admitted(): void {
    this.token.settled();
    void this.learnSources();
    if (this.detail) void this.detail.load();
  }

  private async learnSources(): Promise<void> {
    try {
      this.sources = (await this.api.sources()).sources;
      this.detail?.offer(this.sources);
    } catch (error) {
      const words = wordsOf(error);
      if (words) this.board.notify(`The sources are not known: ${words}`);
    }
  }

  private askAgain(): void {
    const refused = [...this.board.cards.values()].filter((card) => card.failure).map((card) => card.symbol);
    if (refused.length) this.link.send((session) => session.subscribe(refused));
  }

  // What is shown.

  private around(): Surroundings {
    const { phase, ending, nextAt } = this.link.session;
    return {
      link: phase,
      linkText: linkText(phase, ending?.text ?? "", nextAt, performance.now()),
      upstream: this.board.upstream,
      upstreamReason: this.board.upstreamReason,
      paused: this.controls.paused,
      now: Date.now() + this.board.clockOffset,
    };
  }

  private refresh(): void {
    this.board.markAll();
    this.frame.ask();
  }

  private draw(now: number): void {
    const around = this.around();
    const again = this.cards.draw(this.board, around, now);
    const card = this.detail && this.board.cards.get(this.detail.symbol);
    if (this.detail && card) this.detail.update(viewOf(card, around));
    this.notices.draw();
    this.indicate(around);
    byId("empty").hidden = this.board.cards.size > 0;
    if (again && !this.timer) {
      this.timer = window.setTimeout(() => {
        this.timer = 0;
        this.frame.ask();
      }, again);
    }
  }

  private indicate(around: Surroundings): void {
    const slow = this.board.slow ? "connected, but this page reads too slowly" : around.linkText;
    setText(byId("link-text"), around.link === "open" && !around.upstream ? "the daemon is not heard" : slow);
    setAttribute(byId("link"), "data-phase", around.upstream ? around.link : "silent");
    const simulated = this.board.simulated || (this.link.session.facts?.simulated ?? false);
    setAttribute(byId("simulated"), "data-on", simulated);
    const title = around.link === "open" ? "CryptoStream" : "(not connected) CryptoStream";
    if (title !== this.titled) document.title = this.titled = title;
  }

  private restyle(): void {
    this.save();
    this.detail?.recolour();
    this.refresh();
  }

  private route(): void {
    const [, view = "", rest = ""] = location.hash.split("/");
    const symbol = view === "ticker" ? parseSymbol(decodeURIComponent(rest), this.defaultExchange) : null;
    byId("prices").hidden = symbol !== null || view === "operator";
    byId("detail").hidden = symbol === null;
    byId("operator").hidden = view !== "operator";
    if (this.detail?.symbol !== symbol) {
      const left = this.detail?.symbol;
      this.detail?.close();
      this.detail = symbol === null ? null : this.open(symbol);
      // Who comes back goes on where they were.
      if (left && symbol === null) document.querySelector<HTMLElement>(`.card[data-symbol="${left}"] a`)?.focus();
    }
    if (view !== "operator") this.operator?.close();
    this.operator = view === "operator" ? (this.operator ?? this.newOperator()) : null;
    for (const link of document.querySelectorAll("nav a")) {
      const here = link.getAttribute("href") === (view === "operator" ? "#/operator" : "#/");
      setAttribute(link, "aria-current", here ? "page" : undefined);
    }
    this.refresh();
  }

  private open(symbol: string): Detail {
    if (!this.board.cards.has(symbol)) this.add(symbol);
    const actions = {
      choose: (one: string, sources: string) => this.choose(one, sources),
      retry: (one: string) => this.retry(one),
    };
    const detail = new Detail(symbol, this.api, this.sources, actions, byId("detail"), coloursNow);
    // Before the gateway has let us in, it would only refuse.
    if (this.link.session.facts) void detail.load();
    return detail;
  }

  private newOperator(): Operator {
    const page = () => ({
      ticks: String(this.board.ticks), "conflated away": String(this.board.conflated),
      gaps: String(this.board.gaps), reconnects: String(this.link.session.reconnects),
      malformed: String(this.link.malformed),
    });
    return new Operator(this.api, this.latency, page, byId("operator"));
  }

  private save(): void {
    this.saved.tickers = this.board.symbols;
    this.saved.interval = this.controls.interval;
    this.saved.theme = this.controls.theme;
    localStorage.setItem(KEY, writeSaved(this.saved));
  }
}

function coloursNow(): Colours {
  const style = getComputedStyle(byId("palette"));
  const of = (name: string) => style.getPropertyValue(name);
  return {
    text: of("color"), grid: of("border-top-color"), line: of("outline-color"),
    up: of("text-decoration-color"), down: of("column-rule-color"),
  };
}
