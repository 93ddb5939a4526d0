// Keeps a page from spending time on what nobody looks at: layout, painting, animation.
// The page's scripts and its DOM go on as before.
(config) => {
  if (window.top !== window) return;
  if (config.hideLayout) {
    document.addEventListener('DOMContentLoaded', () => {
      const style = document.createElement('style');
      style.textContent = 'html{display:none!important}*{animation:none!important;transition:none!important}';
      document.documentElement.append(style);
    });
  }
  if (config.animationHz > 0) {
    const pause = 1000 / config.animationHz;
    window.requestAnimationFrame = (callback) => setTimeout(() => callback(performance.now()), pause);
    window.cancelAnimationFrame = (id) => clearTimeout(id);
  }
}
