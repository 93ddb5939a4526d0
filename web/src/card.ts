/** The element of one card: made once, then only the cells that changed are written. */

import type { Card } from "./board";
import { make, button, setAttribute, setText } from "./dom";
import { strokes } from "./sparkline";
import { splitSymbol } from "./symbols";
import type { CardView } from "./view";

/** How long a change of price is lit; ms. */
export const FLASH_MS = 350;
/** A line is drawn at most so often; ms. */
const LINE_MS = 250;

export interface CardActions {
  remove(symbol: string): void;
  retry(symbol: string): void;
}

export class CardElement {
  readonly root: HTMLLIElement;
  private readonly cells = {
    price: make("span", { class: "price" }),
    percent: make("span", { class: "percent" }),
    change: make("span", { class: "change" }),
    bid: make("span", { class: "number" }),
    ask: make("span", { class: "number" }),
    age: make("span", { class: "age" }),
    label: make("span", { class: "label" }),
    reason: make("p", { class: "reason" }),
    origin: make("span", { class: "origin" }),
    badges: make("span", { class: "badges" }),
  };
  private readonly canvas = make("canvas", { class: "spark", "aria-hidden": "true" });
  private readonly retry: HTMLButtonElement;
  private drawnPoints = "";
  private drawnAt = -Infinity;
  private size: readonly [width: number, height: number] = [0, 0];

  constructor(symbol: string, actions: CardActions) {
    const { exchange, ticker, sources } = splitSymbol(symbol);
    const place = sources ? `${exchange} @${sources}` : exchange;
    const link = make("a", { class: "ticker", href: `#/ticker/${encodeURIComponent(symbol)}` }, ticker);
    const remove = button("×", `Remove ${symbol}`, () => actions.remove(symbol));
    remove.className = "remove";
    this.retry = button("Try again", `Try ${symbol} again`, () => actions.retry(symbol));
    this.retry.className = "retry";
    this.retry.hidden = true;
    const { cells } = this;
    this.root = make(
      "li",
      { class: "card", "data-symbol": symbol },
      make("div", { class: "head" }, make("h2", {}, link), make("span", { class: "exchange", title: place }, place), remove),
      make("div", { class: "value" }, cells.price, make("span", { class: "moves" }, cells.percent, cells.change)),
      this.canvas,
      make("div", { class: "quotes" }, pair("Bid", cells.bid), pair("Ask", cells.ask)),
      make("div", { class: "standing" }, cells.label, cells.age, cells.origin),
      make("div", { class: "marks" }, cells.badges, this.retry),
      cells.reason,
    );
  }

  /** Write what differs from what stands there. */
  update(view: CardView, lit: -1 | 0 | 1): void {
    const { cells } = this;
    for (const key of ["price", "percent", "change", "bid", "ask", "age", "label", "origin"] as const) {
      setText(cells[key], view[key]);
    }
    setText(cells.reason, view.reason);
    setAttribute(cells.reason, "title", view.reason || undefined);
    setAttribute(this.root, "data-tone", view.tone);
    setAttribute(this.root, "data-doubt", view.doubt);
    setAttribute(this.root, "data-trend", word(view.trend));
    setAttribute(cells.price, "data-move", view.doubt ? undefined : word(lit));
    this.badges(view.badges);
    if (this.retry.hidden === view.canRetry) this.retry.hidden = !view.canRetry;
  }

  /** The price is lit no more. */
  putOut(): void {
    setAttribute(this.cells.price, "data-move", undefined);
  }

  /** The canvas may have another size now. */
  resized(): void {
    this.size = [0, 0];
  }

  /** Draw the line, if it or its colours changed; `now` is ms. */
  draw(card: Card, colour: string, scale: number, now: number): void {
    if (now - this.drawnAt < LINE_MS) return;
    const { points } = card.trail;
    // Asking for the size between writes makes the browser lay everything out, so it is kept.
    if (!this.size[0]) this.size = [this.canvas.clientWidth, this.canvas.clientHeight];
    const [width, height] = this.size;
    const last = points.at(-1);
    const key = `${points.length} ${last?.time} ${last?.value} ${last?.apart} ${width} ${scale} ${colour}`;
    if (key === this.drawnPoints || width === 0) return;
    this.drawnPoints = key;
    this.drawnAt = now;
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
    if (this.canvas.width !== wide) this.canvas.width = wide;
    if (this.canvas.height !== high) this.canvas.height = high;
    const context = this.canvas.getContext("2d");
    if (!context) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.lineJoin = "round";
    for (const stroke of strokes(points, width, height)) trace(context, stroke);
  }

  private badges(wanted: readonly string[]): void {
    const text = wanted.join(" ");
    if (this.cells.badges.dataset["shown"] === text) return;
    this.cells.badges.dataset["shown"] = text;
    this.cells.badges.replaceChildren(
      ...wanted.map((one) => make("span", { class: "badge", "data-badge": one }, one)),
    );
  }
}

function trace(context: CanvasRenderingContext2D, stroke: ReadonlyArray<readonly [number, number]>): void {
  context.beginPath();
  stroke.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  const [only, second] = stroke;
  // A stroke of one point would not be seen.
  if (only && !second) context.lineTo(only[0] + 1, only[1]);
  context.stroke();
}

function pair(name: string, value: Node): HTMLElement {
  return make("span", { class: "pair" }, make("span", { class: "name" }, name), value);
}

export function word(way: -1 | 0 | 1): string | undefined {
  return way > 0 ? "up" : way < 0 ? "down" : undefined;
}
