/** The element of one card: made once, then only the cells that changed are written. */

import type { Card } from "./board";
import { make, button, setAttribute } from "./dom";
import { BOX, pathOf } from "./sparkline";
import { splitSymbol } from "./symbols";
import type { CardView } from "./view";

/** How long a change of price is lit; ms. */
export const FLASH_MS = 350;
/** A line is drawn at most so often; ms. Its points are a second apart. */
const LINE_MS = 500;
const SVG = "http://www.w3.org/2000/svg";

export interface CardActions {
  remove(symbol: string): void;
  retry(symbol: string): void;
}

export class CardElement {
  readonly root: HTMLLIElement;
  private readonly cells = {
    price: new Cell("span", "price"),
    percent: new Cell("span", "percent"),
    change: new Cell("span", "change"),
    bid: new Cell("span", "number"),
    ask: new Cell("span", "number"),
    age: new Cell("span", "age"),
    label: new Cell("span", "label"),
    reason: new Cell("p", "reason"),
    origin: new Cell("span", "origin"),
  };
  private readonly badges = make("span", { class: "badges" });
  private readonly line = document.createElementNS(SVG, "path");
  private readonly retry: HTMLButtonElement;
  private shownBadges = "";
  private drawnRevision = -1;
  private drawnAt = -Infinity;

  constructor(symbol: string, actions: CardActions) {
    const { exchange, ticker, sources } = splitSymbol(symbol);
    const place = sources ? `${exchange} @${sources}` : exchange;
    const link = make("a", { class: "ticker", href: `#/ticker/${encodeURIComponent(symbol)}` }, ticker);
    const remove = button("×", `Remove ${symbol}`, () => actions.remove(symbol));
    remove.className = "remove";
    this.retry = button("Try again", `Try again: ${symbol}`, () => actions.retry(symbol));
    this.retry.className = "retry";
    this.retry.hidden = true;
    const { cells } = this;
    this.root = make(
      "li",
      { class: "card", "data-symbol": symbol },
      make("div", { class: "head" }, make("h2", {}, link), make("span", { class: "exchange", title: place }, place), remove),
      make("div", { class: "value" }, cells.price.element, make("span", { class: "moves" }, cells.percent.element, cells.change.element)),
      box(this.line),
      make("div", { class: "quotes" }, pair("Bid", cells.bid.element), pair("Ask", cells.ask.element)),
      make("div", { class: "standing" }, cells.label.element, cells.age.element, cells.origin.element),
      make("div", { class: "marks" }, this.badges, this.retry),
      cells.reason.element,
    );
  }

  /** Write what differs from what stands there. */
  update(view: CardView, lit: -1 | 0 | 1): void {
    const { cells } = this;
    for (const key of ["price", "percent", "change", "bid", "ask", "age", "label", "origin"] as const) {
      cells[key].write(view[key]);
    }
    if (cells.reason.write(view.reason)) setAttribute(cells.reason.element, "title", view.reason || undefined);
    setAttribute(this.root, "data-tone", view.tone);
    setAttribute(this.root, "data-doubt", view.doubt);
    setAttribute(this.root, "data-trend", word(view.trend));
    setAttribute(cells.price.element, "data-move", view.doubt ? undefined : word(lit));
    this.writeBadges(view.badges);
    if (this.retry.hidden === view.canRetry) this.retry.hidden = !view.canRetry;
  }

  /** The price is lit no more. */
  putOut(): void {
    setAttribute(this.cells.price.element, "data-move", undefined);
  }

  /** Draw the line, if it changed and was not drawn just now; `now` is ms. */
  draw({ trail }: Card, now: number): void {
    if (trail.revision === this.drawnRevision || now - this.drawnAt < LINE_MS) return;
    this.drawnRevision = trail.revision;
    this.drawnAt = now;
    this.line.setAttribute("d", pathOf(trail.points));
  }

  private writeBadges(wanted: readonly string[]): void {
    const text = wanted.join(" ");
    if (this.shownBadges === text) return;
    this.shownBadges = text;
    this.badges.replaceChildren(
      ...wanted.map((one) => make("span", { class: "badge", "data-badge": one }, one)),
    );
  }
}

/** One text of a card: one node for good, whose data change. */
class Cell {
  readonly element: HTMLElement;
  private readonly text = document.createTextNode("");
  private shown = "";

  constructor(tag: "span" | "p", name: string) {
    this.element = make(tag, { class: name }, this.text);
  }

  /** Whether it was another text. */
  write(text: string): boolean {
    if (text === this.shown) return false;
    this.text.data = this.shown = text;
    return true;
  }
}

/**
 * A line is an SVG path and not a canvas: a canvas is a layer of its own in the browser's
 * compositor, and with fifty of them putting the layers together costs more than all else.
 */
function box(line: SVGPathElement): SVGSVGElement {
  const found = document.createElementNS(SVG, "svg");
  found.setAttribute("class", "spark");
  found.setAttribute("viewBox", `0 0 ${BOX.width} ${BOX.height}`);
  found.setAttribute("preserveAspectRatio", "none");
  found.setAttribute("aria-hidden", "true");
  found.append(line);
  return found;
}

function pair(name: string, value: Node): HTMLElement {
  return make("span", { class: "pair" }, make("span", { class: "name" }, name), value);
}

export function word(way: -1 | 0 | 1): string | undefined {
  return way > 0 ? "up" : way < 0 ? "down" : undefined;
}
