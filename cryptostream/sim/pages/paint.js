// How a number gets into its element: one whole span at first, then the changed tail wrapped,
// then (after the flash) the wrapper with an empty class. One call is one change of the DOM.
const FLASH_MS = 350;
const PAINTLOG_LIMIT = 20000;

function commonPrefix(a, b) {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n += 1;
  return n;
}

// Where the flash begins. It must hold at least one character; some generations begin it
// with the last digit before the point at the latest.
function splitAt(text, before, beforePoint) {
  let at = before === null ? 0 : Math.min(commonPrefix(text, before), text.length - 1);
  const point = text.indexOf(".");
  if (beforePoint && point > 0) at = Math.min(at, point - 1);
  return at;
}

function wrapped(className, text) {
  const span = document.createElement("span");
  if (className) span.className = className;
  span.append(text);
  return span;
}

function tailContent(tail, pipette) {
  if (!pipette || tail.length < 1) return [tail];
  const sup = document.createElement("sup");
  sup.textContent = tail.slice(-1);
  return [tail.slice(0, -1), sup];
}

class NumberPainter {
  // `element` may change when the header is rebuilt; the last text is kept with it.
  constructor(hash) {
    this.hash = hash;
    this.element = null;
    this.text = null;
  }

  moveTo(element) {
    this.element = element;
    this.text = null;
  }

  // Returns whether the DOM was changed.
  paint(text, up, options = {}) {
    if (!this.element || text === this.text) return false;
    const before = this.text;
    this.text = text;
    this.element.replaceChildren(...this.nodes(text, before, up, options));
    return true;
  }

  nodes(text, before, up, options) {
    const at = splitAt(text, before, options.split);
    const className = before === null ? "" : (up ? "growing-" : "falling-") + this.hash;
    const span = wrapped(className, "");
    span.replaceChildren(...tailContent(text.slice(at), options.pipette));
    if (className) setTimeout(() => { span.className = ""; }, FLASH_MS);
    return at ? [text.slice(0, at), span] : [span];
  }
}

const paintlog = { entries: null };

function startPaintlog() {
  paintlog.entries = [];
  window.__paintlog = paintlog.entries;
}

function logPaint(text) {
  if (!paintlog.entries) return;
  paintlog.entries.push([text, performance.timeOrigin + performance.now()]);
  if (paintlog.entries.length > PAINTLOG_LIMIT) paintlog.entries.shift();
}
