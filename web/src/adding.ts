/** The field to add a ticker: search as you type, keyboard, and what is wrong with what was typed. */

import { wordsOf, type Api, type Instrument } from "./api";
import { byId, make, setAttribute, setText } from "./dom";
import { parseSymbol } from "./symbols";

const QUIET_MS = 150;

export class Adding {
  private readonly form = byId<HTMLFormElement>("add");
  private readonly input = byId<HTMLInputElement>("add-input");
  private readonly list = byId<HTMLUListElement>("add-list");
  private readonly hint = byId("add-hint");
  private found: Instrument[] = [];
  private chosen = -1;
  private timer = 0;
  private asked: AbortController | null = null;

  /** `add` returns what is wrong, or empty text. */
  constructor(
    private readonly api: Api,
    private readonly defaultExchange: () => string,
    private readonly add: (symbol: string) => string,
  ) {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit(this.found[this.chosen]?.symbol ?? this.input.value);
    });
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.show([]));
    // A press takes the focus from the field before the click comes: choose at once.
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = (event.target as Element).closest("li");
      if (option?.dataset["symbol"]) this.submit(option.dataset["symbol"]);
    });
  }

  focus(): void {
    this.input.focus();
    this.input.select();
  }

  private submit(text: string): void {
    const symbol = parseSymbol(text, this.defaultExchange());
    const wrong = symbol
      ? this.add(symbol)
      : "Write TICKER or EXCHANGE:TICKER, like BTCUSDT or KRAKEN:ETHEUR";
    this.say(wrong, wrong !== "");
    this.show([]);
    if (!wrong) this.input.value = "";
  }

  private typed(): void {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.say("", false);
    // What was chosen belongs to the former text: Enter takes what stands in the field now.
    this.choose(-1);
    const text = this.input.value.trim();
    if (!text) this.show([]);
    else this.timer = window.setTimeout(() => void this.search(text), QUIET_MS);
  }

  private async search(text: string): Promise<void> {
    this.asked = new AbortController();
    try {
      const { found } = await this.api.search(text, this.asked.signal);
      if (text !== this.input.value.trim()) return;
      this.show(found);
      if (!found.length) this.say("Nothing is listed under this name", false);
    } catch (error) {
      const words = wordsOf(error);
      if (words) this.say(words, true);
    }
  }

  private key(event: KeyboardEvent): void {
    const count = this.found.length;
    if (event.key === "Escape") this.show([]);
    else if (event.key === "ArrowDown" && count) this.choose((this.chosen + 1) % count);
    else if (event.key === "ArrowUp" && count) this.choose((this.chosen + count) % (count + 1) - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private choose(at: number): void {
    this.chosen = at;
    [...this.list.children].forEach((option, index) => {
      setAttribute(option, "aria-selected", String(index === at));
    });
    const active = at < 0 ? undefined : `add-option-${at}`;
    setAttribute(this.input, "aria-activedescendant", active);
  }

  private show(found: Instrument[]): void {
    this.found = found;
    this.list.replaceChildren(
      ...found.map((one, at) =>
        make(
          "li",
          { id: `add-option-${at}`, role: "option", "data-symbol": one.symbol, "aria-selected": "false" },
          make("strong", {}, one.symbol),
          make("span", {}, one.name || `${one.base} / ${one.quote}`),
          one.trading ? "" : make("em", {}, "not trading"),
        ),
      ),
    );
    this.list.hidden = found.length === 0;
    setAttribute(this.input, "aria-expanded", String(found.length > 0));
    this.choose(-1);
  }

  private say(text: string, wrong: boolean): void {
    setText(this.hint, text);
    setAttribute(this.input, "aria-invalid", wrong ? "true" : undefined);
  }
}
