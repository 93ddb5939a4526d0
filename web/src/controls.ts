/** Pause, update interval and colours: the controls of the head of the page. */

import { byId, setAttribute, setText } from "./dom";
import type { Saved, Theme } from "./watchlist";

export interface ControlActions {
  pause(paused: boolean): void;
  interval(ms: number): void;
  theme(): void;
}

export class Controls {
  paused = false;
  private readonly pauseButton = byId<HTMLButtonElement>("pause");
  private readonly intervalSelect = byId<HTMLSelectElement>("interval");
  private readonly themeSelect = byId<HTMLSelectElement>("theme");

  constructor(saved: Saved, private readonly actions: ControlActions) {
    this.intervalSelect.value = String(saved.interval);
    this.themeSelect.value = saved.theme;
    this.paint();
    this.pauseButton.addEventListener("click", () => this.togglePause());
    this.intervalSelect.addEventListener("change", () => actions.interval(this.interval));
    this.themeSelect.addEventListener("change", () => {
      this.paint();
      actions.theme();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => actions.theme());
  }

  get interval(): number {
    return Number(this.intervalSelect.value);
  }

  get theme(): Theme {
    return this.themeSelect.value as Theme;
  }

  togglePause(): void {
    this.paused = !this.paused;
    setText(this.pauseButton, this.paused ? "Resume" : "Pause");
    setAttribute(this.pauseButton, "aria-pressed", String(this.paused));
    this.actions.pause(this.paused);
  }

  /** The interval that the gateway granted; it stands beside the choice when it is another. */
  granted(ms: number): void {
    setAttribute(this.intervalSelect, "title", ms === this.interval ? undefined : `the gateway grants ${ms} ms`);
  }

  private paint(): void {
    setAttribute(document.documentElement, "data-theme", this.theme === "auto" ? undefined : this.theme);
  }
}
