/** The list of cards: elements that come, go and stand in the order of the alphabet. */

import type { Board } from "./board";
import { CardElement, FLASH_MS, type CardActions } from "./card";
import { viewOf, type Surroundings } from "./view";

/** A price may stay lit for so much longer, ms: most are put out when the next prices are drawn. */
const SLACK_MS = 100;

export class Cards {
  private readonly elements = new Map<string, CardElement>();
  /** Until when (ms) each price is lit. */
  private readonly lit = new Map<string, number>();

  constructor(
    private readonly list: HTMLElement,
    private readonly actions: CardActions,
  ) {}

  /** Draw what is marked; returns ms after which something lit has to be put out, or 0. */
  draw(board: Board, around: Surroundings, now: number): number {
    let again = 0;
    for (const symbol of [...board.dirty]) {
      board.dirty.delete(symbol);
      const card = board.cards.get(symbol);
      if (!card) {
        this.drop(symbol);
        continue;
      }
      const element = this.elements.get(symbol) ?? this.insert(symbol, board.symbols);
      const left = card.movedAt + FLASH_MS - now;
      element.update(viewOf(card, around), left > 0 ? card.move : 0);
      element.draw(card, now);
      if (left > 0) this.lit.set(symbol, card.movedAt + FLASH_MS);
    }
    for (const [symbol, until] of this.lit) {
      if (until <= now) this.putOut(symbol);
      else again = again ? Math.min(again, until - now) : until - now;
    }
    return again && again + SLACK_MS;
  }

  /** Put the focus somewhere sensible before the card that has it goes. */
  leaveFocus(symbol: string): void {
    const root = this.elements.get(symbol)?.root;
    if (!root?.contains(document.activeElement)) return;
    const next = root.nextElementSibling ?? root.previousElementSibling;
    (next?.querySelector<HTMLElement>("a") ?? document.getElementById("add-input"))?.focus();
  }

  /** Move the focus from one card to another; false when there is none in that direction. */
  move(from: HTMLElement, key: string): boolean {
    const all = [...this.elements.values()].map((one) => one.root);
    all.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
    const columns = all.filter((one) => one.offsetTop === all[0]?.offsetTop).length;
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const next = all[all.indexOf(from as HTMLLIElement) + (steps[key] ?? 0)];
    next?.querySelector<HTMLElement>("a")?.focus();
    return next !== undefined;
  }

  private putOut(symbol: string): void {
    this.lit.delete(symbol);
    this.elements.get(symbol)?.putOut();
  }

  private insert(symbol: string, order: string[]): CardElement {
    const element = new CardElement(symbol, this.actions);
    this.elements.set(symbol, element);
    const after = order.slice(order.indexOf(symbol) + 1).find((one) => this.elements.has(one));
    this.list.insertBefore(element.root, after ? this.elements.get(after)!.root : null);
    return element;
  }

  private drop(symbol: string): void {
    this.elements.get(symbol)?.root.remove();
    this.elements.delete(symbol);
  }
}
