// The page's client of the quote socket: framing, echo, idle close, reconnect, redirect.
const MAX_RECONNECTS = 20;
const MAX_REDIRECTS = 20;

function unframed(message) {
  const payloads = [];
  let rest = message;
  while (rest.startsWith("~m~")) {
    const end = rest.indexOf("~m~", 3);
    const length = Number(rest.slice(3, end));
    payloads.push(rest.slice(end + 3, end + 3 + length));
    rest = rest.slice(end + 3 + length);
  }
  return payloads;
}

function framed(payload) {
  return `~m~${payload.length}~m~${payload}`;
}

class QuoteSocket {
  constructor(periods, onHello, onMessage) {
    this.periods = periods;
    this.onHello = onHello;
    this.onMessage = onMessage;
    this.host = window.WEBSOCKET_HOST;
    this.reconnects = 0;
    this.redirects = 0;
    this.socket = null;
    this.idleTimer = 0;
  }

  connect() {
    const from = encodeURIComponent(location.pathname.slice(1, 50));
    const date = encodeURIComponent(window.BUILD_TIME);
    this.greeted = false;
    this.socket = new WebSocket(`ws://${this.host}/socket.io/websocket?from=${from}&date=${date}`);
    this.socket.onmessage = (event) => this.receive(event.data);
    this.socket.onclose = () => this.closed();
    this.touch();
  }

  touch() {
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => this.drop(), this.periods.idle);
  }

  // Give up a silent connection without waiting for the other side to agree.
  drop() {
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close(4000, "socket.io timeout");
    this.closed();
  }

  closed() {
    clearTimeout(this.idleTimer);
    if (this.reconnects >= MAX_RECONNECTS) return;
    this.reconnects += 1;
    setTimeout(() => this.reconnect(), this.periods.reconnect);
  }

  reconnect() {
    if (navigator.onLine) this.connect();
    else window.addEventListener("online", () => this.connect(), { once: true });
  }

  receive(message) {
    this.touch();
    for (const payload of unframed(message)) {
      if (payload.startsWith("~h~")) this.socket.send(framed(payload));
      else this.handle(JSON.parse(payload));
    }
  }

  handle(message) {
    if (this.greeted) return this.onMessage(message);
    this.greeted = true;
    if (message.redirect) return this.redirect(message.redirect);
    this.reconnects = 0;
    return this.onHello();
  }

  redirect(host) {
    this.redirects += 1;
    if (this.redirects > MAX_REDIRECTS) return;
    clearTimeout(this.idleTimer);
    this.socket.onclose = null;
    this.socket.close();
    this.host = host;
    this.connect();
  }

  send(method, params) {
    this.socket.send(framed(JSON.stringify({ m: method, p: params })));
  }
}
