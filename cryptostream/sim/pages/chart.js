// The expensive thing on a symbol page: a chart that redraws all its candles in every frame.
(() => {
  const canvas = document.querySelector(".chart-canvas");
  const pen = canvas.getContext("2d");
  const CANDLES = 320;
  const candles = [];
  let level = 200;
  for (let n = 0; n < CANDLES; n += 1) {
    const open = level;
    level = Math.min(380, Math.max(40, level + 24 * Math.sin(n * 1.7) * Math.cos(n * 0.31)));
    candles.push({ open, close: level, high: Math.max(open, level) + 9, low: Math.min(open, level) - 9 });
  }

  function grid() {
    pen.strokeStyle = "#e0e3eb";
    for (let y = 0; y < canvas.height; y += 35) {
      pen.beginPath();
      pen.moveTo(0, y + 0.5);
      pen.lineTo(canvas.width, y + 0.5);
      pen.stroke();
      pen.fillStyle = "#555";
      pen.fillText((canvas.height - y).toFixed(2), canvas.width - 60, y - 2);
    }
  }

  function candle(one, x, width, sway) {
    pen.strokeStyle = pen.fillStyle = one.close < one.open ? "#089981" : "#f23645";
    pen.beginPath();
    pen.moveTo(x + width / 2, one.high + sway);
    pen.lineTo(x + width / 2, one.low + sway);
    pen.stroke();
    pen.fillRect(x, Math.min(one.open, one.close) + sway, width - 1, Math.abs(one.close - one.open) + 1);
  }

  function average(length, color, sway) {
    pen.strokeStyle = color;
    pen.beginPath();
    for (let n = length; n < CANDLES; n += 1) {
      let sum = 0;
      for (let k = n - length; k < n; k += 1) sum += candles[k].close;
      pen.lineTo((n * canvas.width) / CANDLES, sum / length + sway);
    }
    pen.stroke();
  }

  function frame(time) {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    grid();
    const width = canvas.width / CANDLES;
    const sway = 6 * Math.sin(time / 400);
    candles.forEach((one, n) => candle(one, n * width, width, sway));
    average(9, "#2962ff", sway);
    average(21, "#ff6d00", sway);
    requestAnimationFrame(frame);
  }
  requestAnimationFrame(frame);
})();
