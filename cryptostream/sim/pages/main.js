// One page: a store of quotes, painted once for each message of the quote socket.
const SIM = window.SIM;
const quotes = new Map();
const born = performance.now();
let faults = {};
let lookKey = SIM.look.key;
let paints = 0;

const header = SIM.look.html === undefined ? null : new Header(SIM.look);
const pageFaults = new PageFaults((count) => {
  for (let n = 0; n < count && header; n += 1) header.repaint();
});

function quoteOf(symbol) {
  if (!quotes.has(symbol)) quotes.set(symbol, {});
  return quotes.get(symbol);
}

// Rows and cards of other instruments, by symbol.
const others = new Map();
for (const row of document.querySelectorAll("[data-sim-row]")) {
  const painter = new NumberPainter(SIM.look.flash || "sim00000");
  painter.moveTo(row.querySelector("[class*='inner-'], .js-symbol-last"));
  const symbol = row.dataset.simRow;
  others.set(symbol, [...(others.get(symbol) || []), { row, painter }]);
  row.removeAttribute("data-sim-row");
}

function paintOthers(symbol, quote, up) {
  const text = printed(quote.lp, decimalsOf(quote.pricescale), "comma");
  for (const { row, painter } of others.get(symbol) || []) {
    painter.paint(text, up);
    const change = row.querySelector(".js-sim-change");
    setText(change, signed(quote.chp || 0, 2, "comma") + "%");
  }
}

function mayPaint() {
  if (faults.never_fills || faults.freeze_dom) return false;
  if (!faults.slow_fill) return true;
  return performance.now() - born >= faults.slow_fill.seconds * 1000;
}

function remountIfDue() {
  const every = faults.remount_header && Math.max(1, faults.remount_header.every);
  if (every && paints % every === 0) {
    const text = header.painter.text;
    header.rebuild(SIM.look);
    header.painter.text = text;
  }
}

function paintHeader(quote, up) {
  if (quote.lp === undefined || !mayPaint()) return;
  const decimals = decimalsOf(quote.pricescale);
  paints += 1;
  remountIfDue();
  header.paintPrice(header.text(quote.lp, decimals, faults), up, faults);
  header.paintChange(quote.ch || 0, quote.chp || 0, decimals, faults);
  if (!faults.freeze_time && quote.lp_time) header.paintTime(quote.lp_time);
  if (quote.volume !== undefined) {
    setText(document.querySelector(".js-sim-volume"), abbreviated(quote.volume));
    setText(header.ticker.querySelector(".js-symbol-volume"), abbreviated(quote.volume));
  }
}

// The chart page shows the price in its title, at most once a second, and the book.
function paintChartPage(quote) {
  const decimals = decimalsOf(quote.pricescale);
  setText(document.querySelector(".js-sim-bid"), printed(quote.bid, decimals, "comma"));
  setText(document.querySelector(".js-sim-ask"), printed(quote.ask, decimals, "comma"));
  setText(document.querySelector(".js-sim-spread"), printed(quote.ask - quote.bid, decimals, "comma"));
  setText(document.querySelector(".js-sim-legend"), printed(quote.lp, decimals, "comma"));
  const arrow = quote.ch < 0 ? "\u25bc" : "\u25b2";
  const price = printed(quote.lp, decimals, "comma");
  document.title = `${SIM.ticker} ${price} ${arrow} ${signed(quote.chp, 2, "comma")}% Unnamed`;
}

function onQuote(message) {
  if (message.m !== "qsd" || message.p[1].s !== "ok") return;
  const { n: symbol, v: values } = message.p[1];
  const quote = quoteOf(symbol);
  const up = values.lp === undefined || quote.lp === undefined || values.lp >= quote.lp;
  Object.assign(quote, values);
  if (!header && symbol === SIM.symbol) paintChartPage(quote);
  else if (header && symbol === header.symbol && !SIM.query.local) paintHeader(quote, up);
  if (values.lp !== undefined && others.has(symbol) && !faults.freeze_dom) paintOthers(symbol, quote, up);
}

const FIELDS = ["lp", "lp_time", "ch", "chp", "bid", "ask", "bid_size", "ask_size", "volume", "pricescale",
  "minmov", "update_mode", "current_session", "is_tradable", "short_name", "description", "exchange",
  "currency_code", "type"];

function sessionName() {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return "qs_" + Array.from({ length: 12 }, () => letters[Math.floor(Math.random() * letters.length)]).join("");
}

function fastSymbols() {
  return header ? [...new Set([SIM.symbol, header.symbol])] : [SIM.symbol];
}

let session = null;
const socket = new QuoteSocket(SIM.periods, () => {
  session = sessionName();
  socket.send("set_auth_token", ["unauthorized_user_token"]);
  socket.send("set_locale", ["en", "US"]);
  socket.send("quote_create_session", [session]);
  socket.send("quote_set_fields", [session, ...FIELDS]);
  const symbols = [...new Set([...fastSymbols(), ...others.keys()])];
  socket.send("quote_add_symbols", [session, ...symbols]);
  socket.send("quote_fast_symbols", [session, ...fastSymbols()]);
  if (SIM.query.rate) socket.send("sim_rate", [session, SIM.symbol, SIM.query.rate]);
}, onQuote);

// A header that first shows another instrument finds the right one in time.
function correctSymbolLater() {
  if (!faults.wrong_symbol_first || !header || header.symbol === SIM.symbol) return;
  setTimeout(() => {
    header.ticker.dataset.symbol = SIM.symbol;
    header.painter.text = null;
    repaintHeader();
  }, faults.wrong_symbol_first.seconds * 1000);
}

function repaintHeader() {
  if (header) paintHeader(quoteOf(header.symbol), true);
}

function addShownSymbol() {
  if (session === null || !header || quotes.has(header.symbol)) return;
  socket.send("quote_add_symbols", [session, header.symbol]);
  socket.send("quote_fast_symbols", [session, ...fastSymbols()]);
}

// The state of the switchboard, at each change: { faults, look }.
function onState(state) {
  const numbers = ["dash", "locale", "unit_suffix", "pipette", "bidi_marks", "never_fills", "freeze_dom", "slow_fill"];
  const before = JSON.stringify(numbers.map((name) => faults[name]));
  faults = state.faults;
  if (header && state.look.key !== lookKey) {
    lookKey = state.look.key;
    SIM.look = state.look;
    header.rebuild(state.look);
    addShownSymbol();
    correctSymbolLater();
    repaintHeader();
  } else if (before !== JSON.stringify(numbers.map((name) => faults[name]))) {
    repaintHeader();
  }
  pageFaults.use(faults);
}

// Prices made here, without a socket, to measure the browser alone: one task each. A message
// between the timers keeps them from being clamped to 4 ms as nested timers are.
function runLocal(rate) {
  const quote = quoteOf(SIM.symbol);
  const step = 1 / 10 ** SIM.decimals;
  const channel = new MessageChannel();
  const post = () => channel.port2.postMessage(0);
  const began = performance.now();
  let count = 0;
  quote.pricescale = 10 ** SIM.decimals;
  channel.port1.onmessage = () => {
    const wait = began + (count * 1000) / rate - performance.now();
    if (wait > 0) { setTimeout(post, Math.max(1, wait)); return; }
    count += 1;
    quote.lp = SIM.base + step * (count % SIM.cycle);
    quote.lp_time = Math.floor(Date.now() / 1000);
    paintHeader(quote, true);
    post();
  };
  post();
}

if (SIM.query.paintlog) startPaintlog();
faults = SIM.faults;
pageFaults.use(faults);
correctSymbolLater();
if (faults.slow_fill) setTimeout(repaintHeader, faults.slow_fill.seconds * 1000 + 1);
socket.connect();
controlChannel(onState);
if (SIM.query.local && header) runLocal(SIM.query.local);
if (faults.crash_page) setTimeout(exhaust, 500);
