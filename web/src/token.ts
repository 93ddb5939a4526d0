/** Asks for a token where the gateway needs one; it is kept until the tab is closed. */

import { byId, setAttribute, setText } from "./dom";

const KEY = "cryptostream-token";
/** The signs that a WebSocket's opening can carry in the name of a subprotocol (RFC 9110, token). */
const FORM = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What is wrong with what was typed, before anybody is asked; empty text when it may be a token. */
export function wrongForm(secret: string): string {
  if (FORM.test(secret)) return "";
  return "This cannot be a token: it has signs in it that no token has. Copy it whole, on one line.";
}

export class TokenDialog {
  private readonly dialog = byId<HTMLDialogElement>("token");
  private readonly form = byId<HTMLFormElement>("token-form");
  private readonly input = byId<HTMLInputElement>("token-input");
  /** The way back to the dialog for who has closed it. */
  private readonly again = byId<HTMLButtonElement>("token-again");

  constructor(private readonly use: (secret: string) => void) {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit(this.input.value.trim());
    });
    this.dialog.addEventListener("close", () => (this.input.value = ""));
    this.again.addEventListener("click", () => this.dialog.showModal());
  }

  get kept(): string {
    return sessionStorage.getItem(KEY) ?? "";
  }

  /** Ask, and say why; a token that was refused is kept no longer. */
  ask(why: string): void {
    const refused = this.kept !== "";
    sessionStorage.removeItem(KEY);
    this.say(`${why}. Who runs this gateway makes one with “cryptostream token create”.`, refused);
    this.again.hidden = false;
    if (!this.dialog.open) this.dialog.showModal();
  }

  /** The gateway let this page in. */
  settled(): void {
    this.again.hidden = true;
    this.dialog.close();
  }

  private submit(secret: string): void {
    const wrong = wrongForm(secret);
    if (wrong) {
      this.say(wrong, true);
      this.input.select();
      return;
    }
    sessionStorage.setItem(KEY, secret);
    this.dialog.close();
    this.use(secret);
  }

  private say(text: string, wrong: boolean): void {
    setText(byId("token-text"), text.charAt(0).toUpperCase() + text.slice(1));
    setAttribute(this.input, "aria-invalid", wrong ? "true" : undefined);
  }
}
