/** Messages for the person, over the page so that nothing moves. */

import type { Board, Notice } from "./board";
import { button, make } from "./dom";

export class Notices {
  private shown = "";

  constructor(
    private readonly place: HTMLElement,
    private readonly board: Board,
    private readonly add: (symbol: string) => string,
  ) {}

  draw(): void {
    const key = this.board.notices.map((one) => one.id).join();
    if (key === this.shown) return;
    this.shown = key;
    this.place.replaceChildren(...this.board.notices.map((one) => this.element(one)));
  }

  private element(notice: Notice): HTMLElement {
    const tries = notice.suggestions.map((symbol) =>
      button(`Add ${symbol}`, "", () => {
        this.dismiss(notice.id);
        this.add(symbol);
      }),
    );
    const close = button("×", "Dismiss this message", () => this.dismiss(notice.id));
    close.className = "remove";
    return make("div", { class: "notice" }, make("p", {}, notice.text), ...tries, close);
  }

  private dismiss(id: number): void {
    this.board.dismiss(id);
    this.draw();
  }
}
