/** Asks for a token where the gateway needs one; it is kept until the tab is closed. */

import { byId, setText } from "./dom";

const KEY = "cryptostream-token";

export class TokenDialog {
  private readonly dialog = byId<HTMLDialogElement>("token");
  private readonly input = byId<HTMLInputElement>("token-input");

  constructor(use: (secret: string) => void) {
    this.dialog.addEventListener("close", () => {
      const secret = this.input.value.trim();
      this.input.value = "";
      if (!secret) return;
      sessionStorage.setItem(KEY, secret);
      use(secret);
    });
  }

  get kept(): string {
    return sessionStorage.getItem(KEY) ?? "";
  }

  ask(why: string): void {
    setText(byId("token-text"), why);
    if (!this.dialog.open) this.dialog.showModal();
  }
}
