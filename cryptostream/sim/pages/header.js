// The header ticker: finds its elements in whatever generation was served, and paints them.
function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

class Header {
  constructor(look) {
    this.root = document.querySelector(".js-sim-header");
    this.painter = new NumberPainter(look.flash);
    this.use(look);
  }

  // Take the look: { html, ticker, price, grouped, split, arrow, flash }.
  use(look) {
    this.look = look;
    this.bind();
  }

  rebuild(look) {
    this.root.innerHTML = look.html;
    this.use(look);
  }

  bind() {
    this.ticker = this.root.querySelector(this.look.ticker);
    const price = this.ticker.querySelector(this.look.price);
    this.painter.moveTo(price);
    this.painter.hash = this.look.flash;
    if (price.textContent.trim()) this.painter.text = price.textContent;
    this.change = this.ticker.querySelector(".js-symbol-change-direction, .tv-symbol-price-quote__change");
    this.time = this.ticker.querySelector(".js-symbol-lp-time");
    this.ticker.classList.add("quote-ticker-inited");
  }

  get symbol() {
    return this.ticker.dataset.symbol;
  }

  style(faults) {
    if (faults.locale) return faults.locale.style;
    return this.look.grouped ? "comma" : "none";
  }

  // The text of a price under the faults that change numbers.
  text(price, decimals, faults) {
    if (faults.dash) return "\u2014";
    if (faults.unit_suffix) return this.withUnit(price, faults.unit_suffix.unit);
    const text = printed(price, decimals, this.style(faults));
    return faults.bidi_marks ? `\u202a${text}\u202c` : text;
  }

  withUnit(price, unit) {
    const size = { K: 1e3, M: 1e6, B: 1e9 }[unit];
    return (price / size).toFixed(5) + " " + unit;
  }

  paintPrice(text, up, faults) {
    const options = { split: this.look.split, pipette: Boolean(faults.pipette) };
    if (faults.replace_element) this.replacePrice();
    if (faults.half_built && this.painter.text !== null) return this.paintHalves(text, up, options, faults);
    const painted = this.painter.paint(text, up, options);
    if (painted) logPaint(text);
    return painted;
  }

  replacePrice() {
    const fresh = this.painter.element.cloneNode(true);
    this.painter.element.replaceWith(fresh);
    this.painter.element = fresh;
  }

  // Two tasks: the text node that stays, cut short of its tail, then the whole.
  paintHalves(text, up, options, faults) {
    if (text === this.painter.text) return false;
    const half = text.slice(0, Math.max(1, text.length - 3));
    this.painter.element.replaceChildren(half);
    setTimeout(() => {
      this.painter.text = half;
      if (this.painter.paint(text, up, options)) logPaint(text);
    }, faults.half_built.gap_ms);
    return true;
  }

  paintChange(change, percent, decimals, faults) {
    const style = this.style(faults);
    const [points, share] = this.changeSpans();
    setText(points, signed(change, decimals, style));
    const shown = signed(percent, 2, style) + "%";
    setText(share, this.look.parentheses ? `(${shown})` : shown);
    this.paintDirection(change >= 0);
  }

  changeSpans() {
    const old = this.ticker.querySelector(".js-symbol-change");
    const spans = this.ticker.querySelectorAll(".js-symbol-change-pt");
    return old ? [old, spans[0]] : [spans[0], spans[1]];
  }

  paintDirection(up) {
    if (!this.change) return;
    const [rising, sinking] = this.look.directions;
    const [add, remove] = up ? [rising, sinking] : [sinking, rising];
    if (!this.change.classList.contains(add)) {
      this.change.classList.remove(remove);
      this.change.classList.add(add);
    }
  }

  paintTime(seconds) {
    const text = clockText(seconds);
    setText(this.time, this.look.parentheses ? `(${text})` : text);
  }

  // The same number in new nodes, for the mutation storm.
  repaint() {
    const { element, text } = this.painter;
    if (text !== null) element.replaceChildren(wrapped("", text));
  }
}
