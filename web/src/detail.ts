/** The view of one ticker: its state, its source, and a chart of history joined to what is live. */

import { wordsOf, type Api, type SourceFacts } from "./api";
import { joined } from "./candles";
import { Chart, type Colours, type Mode } from "./chart";
import { places } from "./decimal";
import { button, make, setAttribute, setText } from "./dom";
import type { Tick } from "./protocol";
import { splitSymbol } from "./symbols";
import type { CardView } from "./view";

const HISTORY = 5_000;
const MOST_TICKS = 20_000;
const WIDTHS: ReadonlyArray<readonly [seconds: number, words: string]> = [
  [1, "1 s"], [5, "5 s"], [15, "15 s"], [60, "1 min"], [300, "5 min"],
];

export interface DetailActions {
  /** The person chose another source; empty text for the daemon's own choice. */
  choose(symbol: string, sources: string): void;
  /** The person asks for another attempt of what has failed. */
  retry(symbol: string): void;
}

export class Detail {
  readonly root: HTMLElement;
  private readonly price = make("span", { class: "price" });
  private readonly standing = make("span", { class: "label" });
  private readonly quotes = make("span", { class: "number" });
  private readonly reason = make("p", { class: "reason" });
  private readonly retry: HTMLButtonElement;
  private readonly trouble = make("p", { class: "trouble", role: "status" });
  private readonly source = make("select");
  private readonly mode = make("select", {}, option("line", "line"), option("candles", "candles"));
  private readonly width = make("select", { disabled: true }, ...WIDTHS.map(([s, words]) => option(String(s), words)));
  private readonly chart: Chart;
  private ticks: Tick[] = [];
  /** What came live while history is being asked for; null when nothing is asked. */
  private waiting: Tick[] | null = null;
  private readonly ended = new AbortController();

  constructor(
    readonly symbol: string,
    private readonly api: Api,
    sources: readonly SourceFacts[],
    actions: DetailActions,
    place: HTMLElement,
    colours: () => Colours,
  ) {
    const { exchange, ticker } = splitSymbol(symbol);
    const chartPlace = make("div", { class: "chart" });
    this.width.value = "5";
    this.retry = button("Try again", `Try again: ${symbol}`, () => {
      actions.retry(symbol);
      this.root.querySelector("h2")?.focus();
    });
    this.retry.hidden = true;
    this.root = make(
      "article", { class: "detail", "data-symbol": symbol },
      make("div", { class: "head" }, make("a", { href: "#/", class: "back" }, "← All prices"),
        make("h2", { tabindex: "-1" }, ticker), make("span", { class: "exchange" }, exchange)),
      make("div", { class: "value" }, this.price, this.standing, this.retry, this.quotes),
      this.reason,
      make("div", { class: "tools" }, labelled("Source ", this.source), labelled("Chart ", this.mode),
        labelled("Candle width ", this.width)),
      chartPlace, this.trouble,
    );
    this.offer(sources);
    place.replaceChildren(this.root);
    this.chart = new Chart(chartPlace, colours);
    this.source.addEventListener("change", () => actions.choose(symbol, this.source.value));
    for (const select of [this.mode, this.width]) select.addEventListener("change", () => this.show());
    this.root.querySelector("h2")?.focus();
  }

  /** Offer these sources, and what the symbol names already. */
  offer(sources: readonly SourceFacts[]): void {
    const named = splitSymbol(this.symbol).sources;
    const names = new Set([...sources.map((one) => one.source), ...(named ? [named] : [])]);
    this.source.replaceChildren(option("", "chosen by the daemon"), ...[...names].map((one) => option(one, one)));
    this.source.value = named;
  }

  /** Ask for history and join it to what is live; also after a loss. */
  async load(): Promise<void> {
    if (this.waiting) return;
    this.waiting = [];
    try {
      const { records } = await this.api.history(this.symbol, "tick", HISTORY, this.ended.signal);
      if (this.ended.signal.aborted) return;
      const history = records.filter((one): one is Tick => one.k === "tick");
      this.ticks = joined(history, this.waiting);
      setText(this.trouble, "");
      this.show();
    } catch (error) {
      // The person has left this view: there is no chart any more.
      if (this.ended.signal.aborted) return;
      const words = wordsOf(error);
      this.ticks.push(...this.waiting);
      setText(this.trouble, words ? `no history: ${words}` : "");
      this.show();
    } finally {
      this.waiting = null;
    }
  }

  tick(tick: Tick): void {
    if (tick.image) return;
    if (this.waiting) {
      this.waiting.push(tick);
      return;
    }
    this.ticks.push(tick);
    if (this.ticks.length > MOST_TICKS) this.ticks.splice(0, MOST_TICKS / 2);
    this.chart.add(tick);
  }

  update(view: CardView): void {
    setText(this.price, view.price);
    setText(this.standing, view.label);
    setText(this.quotes, `${view.percent}   bid ${view.bid}   ask ${view.ask}   ${view.age}   ${view.origin} ${view.badges.join(" ")}`);
    setText(this.reason, view.reason);
    this.retry.hidden = !view.canRetry;
    setAttribute(this.root, "data-tone", view.tone);
    setAttribute(this.root, "data-doubt", view.doubt);
    this.chart.doubt(view.doubt);
  }

  recolour(): void {
    this.chart.recolour();
  }

  close(): void {
    this.ended.abort();
    this.chart.close();
    this.root.remove();
  }

  private show(): void {
    const mode = this.mode.value as Mode;
    this.width.disabled = mode === "line";
    const precision = Math.max(0, ...this.ticks.slice(-50).map((tick) => places(tick.last)));
    this.chart.show(this.ticks, mode, Number(this.width.value), precision);
  }
}

function option(value: string, text: string): HTMLOptionElement {
  return make("option", { value }, text);
}

function labelled(text: string, control: HTMLElement): HTMLLabelElement {
  return make("label", {}, text, control);
}
