// Faults that live in the page. The server tells which are active over a channel of its own,
// so that the quote socket carries quotes alone.
const leaked = [];

function spin(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

// Ends the renderer in about a second: an array of more elements than V8 can hold at all is a
// fatal error there, not an exception.
function exhaust() {
  leaked.push("a".repeat(2 ** 28).split(""));
}

function leak(megabytes) {
  const block = new Uint8Array(megabytes * 1048576);
  block.fill(1);
  leaked.push(block);
}

const DEEDS = {
  crash_page: () => exhaust(),
  hang_page: (params) => spin(params.seconds * 1000),
  navigate_away: (params) => { location.href = params.url; },
  reload: () => location.reload(),
};

function box(className, text) {
  const found = document.createElement("div");
  found.className = className;
  found.textContent = text;
  return found;
}

const BOXES = {
  cookie_notice: () => box("cookies-banner-sim00001", "We use cookies (simulated). Accept all"),
  overlay: () => box("overlay overlay-sim00001", "Sign in to go on (simulated)"),
  toast: () => box("toast-notif-sim00001", "Upgrade now (simulated)"),
  session_interrupted: () => box("dialog-sim00001", "Session disconnected: accessed from another browser or device. Connect"),
};

function wantsNotice() {
  return !/(^|; )cookiePrivacyPreferenceBannerProduction=/.test(document.cookie);
}

class PageFaults {
  constructor(onStorm) {
    this.active = {};
    this.boxes = new Map();
    this.timers = new Map();
    this.onStorm = onStorm;
  }

  use(active) {
    this.active = active;
    for (const name of Object.keys(BOXES)) this.showBox(name, name in active);
    this.every("memory_growth", 1000, (p) => leak(p.mb_per_second));
    this.every("endless_requests", 100, () => fetch("/ping?n=" + Math.random()));
    this.every("mutation_storm", 10, (p) => this.onStorm(Math.round(p.per_second / 100)));
  }

  showBox(name, wanted) {
    const shown = this.boxes.get(name);
    if (wanted && !shown && (name !== "cookie_notice" || wantsNotice())) {
      const made = BOXES[name]();
      document.body.append(made);
      this.boxes.set(name, made);
    } else if (!wanted && shown) {
      shown.remove();
      this.boxes.delete(name);
    }
  }

  every(name, milliseconds, deed) {
    const running = this.timers.has(name);
    if (name in this.active && !running) {
      this.timers.set(name, setInterval(() => deed(this.active[name]), milliseconds));
    } else if (!(name in this.active) && running) {
      clearInterval(this.timers.get(name));
      this.timers.delete(name);
    }
  }
}

function controlChannel(onState) {
  const query = new URLSearchParams(location.search);
  query.set("symbol", window.SIM.symbol);
  const socket = new WebSocket(`ws://${location.host}/sim/control?${query}`);
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.do) DEEDS[message.do](message.params);
    else onState(message);
  };
  socket.onclose = () => setTimeout(() => controlChannel(onState), 1000);
}
