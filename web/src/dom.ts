/** Elements made and changed by hand; nothing is written to the page that stands there already. */

type Attributes = Record<string, string | boolean | undefined>;

/** A new element; an attribute that is false or undefined is left out, true is the bare name. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Array<Node | string>
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children);
  return element;
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(
  element: Element,
  name: string,
  value: string | boolean | undefined,
): void {
  if (value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else {
    const text = value === true ? "" : value;
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** A button that calls back. */
export function button(text: string, label: string, onClick: () => void): HTMLButtonElement {
  const element = make("button", { type: "button", "aria-label": label || undefined }, text);
  element.addEventListener("click", onClick);
  return element;
}

/** An element of the page's own HTML. */
export function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found as T;
}
