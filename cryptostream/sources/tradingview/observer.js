// Runs in the page before the page's own scripts. Finds the price node by ordered rules,
// watches a stable ancestor of it, and calls the binding with one JSON text per event:
//   ["v", text, ms, rule, [change texts], reread]   the node's text has changed
//   ["p", ms, {mutations, visible, text, rule, shown, mode, simulated, title}]   each second
//   ["e", kind, text]                               an error or challenge page
// Times are ms since the Unix epoch on the page's clock.
(config) => {
  if (window.top !== window) return;
  const call = globalThis[config.binding];
  if (typeof call !== 'function') return;
  const emit = (message) => call(JSON.stringify(message));
  const rules = config.rules.map((r) => ({ ...r, re: r.pattern ? new RegExp(r.pattern) : null }));
  const plain = /^[+-]?\d+(\.\d+)?$|^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/;

  // The monotonic clock of the page drifts from the host's when that is stepped or slept:
  // each pulse moves the base by what they differ.
  let base = performance.timeOrigin;
  const now = () => base + performance.now();
  const calibrate = () => {
    const skew = Date.now() - now();
    if (Math.abs(skew) > 3) base += skew;
  };

  let node = null, rule = '', watched = null, last = null, decimals = -1;
  let mutations = 0, changeNodes = [], reread = 0, confirm = 0;

  const foreign = (el) => {
    if (el.closest('.i-hidden')) return 'hidden';
    const owner = el.closest('[data-symbol],[data-symbol-full]');
    if (owner) {
      const named = owner.getAttribute('data-symbol') || owner.getAttribute('data-symbol-full');
      if (named !== config.symbol) return named;
    }
    const row = el.closest('.quote-ticker-inited, [class*="container-"]');
    const link = row && row.querySelector('a[href*="/symbols/"]');
    if (link && !owner) return link.getAttribute('href');
    const info = window.initData && window.initData.symbolInfo;
    if (!owner && info && info.resolved_symbol && info.resolved_symbol !== config.symbol) {
      return info.resolved_symbol;
    }
    return '';
  };

  const header = '.js-symbol-header-ticker, .js-symbol-page-header-root';
  let shown = '';
  const resolve = () => {
    shown = '';
    let waiting = false;
    for (const r of rules) {
      for (const el of document.querySelectorAll(r.css)) {
        if (r.re && !r.re.test(el.getAttribute('class') || '')) continue;
        const other = foreign(el);
        if (other) {
          if (other !== 'hidden' && el.closest(header)) shown = shown || other;
          continue;
        }
        if (el.textContent.trim()) { rule = r.name; return el; }
        // The right place is there and still empty: nothing else on the page is our price.
        if (r === rules[0]) waiting = true;
      }
      if (waiting) return null;
    }
    return null;
  };

  const stillOurs = () => {
    if (!node || !node.isConnected) return false;
    const owner = node.closest('[data-symbol]');
    return !owner || owner.getAttribute('data-symbol') === config.symbol;
  };

  const anchorOf = (el) =>
    el.closest('.js-symbol-page-header-root') || el.closest('.js-symbol-header-ticker') ||
    el.closest('#js-category-content') || el.closest('main') || document.body;

  const adopt = (el) => {
    node = el;
    const header = el.closest('.js-symbol-header-ticker, [data-symbol]') || anchorOf(el);
    const changed = [...header.querySelectorAll('.js-symbol-change-direction span')];
    changeNodes = changed.length ? changed
      : [...header.querySelectorAll('.js-symbol-change, .js-symbol-change-pt')];
    const anchor = anchorOf(el);
    if (anchor !== watched) {
      watched = anchor;
      seeker.disconnect();
      observer.disconnect();
      observer.observe(anchor, { childList: true, characterData: true, subtree: true });
    }
  };

  const fraction = (text) => {
    const dot = text.lastIndexOf('.');
    return dot < 0 ? 0 : text.trim().length - dot - 1;
  };

  const say = (text, at, again) => {
    last = text;
    if (plain.test(text)) decimals = Math.max(decimals, fraction(text));
    emit(['v', text, at, rule, changeNodes.map((n) => n.textContent), again]);
  };

  // A number is sometimes painted in two steps. One that looks cut (fewer decimals than this
  // page has shown, or broken groups) is read once more a little later instead.
  const looksCut = (text) => decimals >= 0 && (!plain.test(text) || fraction(text) < decimals);

  const read = (at) => {
    // A node that a later rule found is only held until an earlier rule finds one.
    if (!stillOurs() || rule !== rules[0].name) {
      const el = resolve();
      if (!el) { node = null; return; }
      if (el !== node) adopt(el);
    }
    const text = node.textContent;
    if (text === last) return;
    if (looksCut(text)) {
      if (!reread) {
        reread = setTimeout(() => {
          reread = 0;
          if (!stillOurs()) return;
          const settled = node.textContent;
          if (settled !== last) say(settled, now(), 1);
        }, 30);
      }
      return;
    }
    const first = last === null;
    say(text, at, 0);
    if (first && !confirm) {
      confirm = setTimeout(() => { if (stillOurs()) say(node.textContent, now(), 1); },
        config.stability + 1);
    }
  };

  const observer = new MutationObserver(() => { mutations += 1; read(now()); });
  const errorPage = () => {
    if (document.querySelector('.tv-http-error-page')) return emit(['e', 'not_found', document.title]);
    const text = `${document.title} ${document.body ? document.body.innerText.slice(0, 400) : ''}`;
    if (!document.querySelector('.js-symbol-page-header-root, #js-category-content') &&
        /just a moment|verify you are human|access denied|captcha/i.test(text)) {
      emit(['e', 'blocked', document.title]);
    }
  };
  // Until the price node is there the whole document is watched; it may be filled late.
  const seeker = new MutationObserver(() => { mutations += 1; if (!node) read(now()); });

  const pulse = () => {
    calibrate();
    if (!stillOurs()) read(now());
    const mode = node && node.parentElement && node.parentElement.querySelector('.js-data-mode');
    emit(['p', now(), {
      mutations,
      visible: document.visibilityState,
      text: stillOurs() ? node.textContent : '',
      rule,
      shown,
      mode: mode ? mode.className : '',
      simulated: !!document.querySelector('meta[name="cryptostream-simulated"]'),
    }]);
  };

  const begin = () => {
    if (!document.documentElement) return void setTimeout(begin, 0);
    seeker.observe(document.documentElement, { childList: true, characterData: true, subtree: true });
    read(now());
  };
  begin();
  document.addEventListener('DOMContentLoaded', () => { read(now()); errorPage(); pulse(); });
  setInterval(pulse, 1000);
}
