// An advertisement's script: measures where it stands, which forces layout, and reports home.
(() => {
  setInterval(() => {
    const rect = document.body.getBoundingClientRect();
    document.body.dataset.seen = String(Math.round(rect.width));
    fetch("/ads/beacon", { method: "POST", body: document.body.dataset.seen });
  }, 1500);
})();
