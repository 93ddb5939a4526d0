// Numbers as the page prints them: all decimals of the tick size, a real minus sign.
const MINUS = "\u2212";
const NARROW = "\u202f";
const MARKS = { comma: [",", "."], none: ["", "."], nbsp: ["\u00a0", ","], narrow: [NARROW, ","], dot: [".", ","] };

function grouped(digits, mark) {
  return digits.replace(/\B(?=(\d{3})+$)/g, mark);
}

function printed(value, decimals, style) {
  const [group, point] = MARKS[style];
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split(".");
  const sign = value < 0 ? MINUS : "";
  return sign + grouped(whole, group) + (fraction ? point + fraction : "");
}

function signed(value, decimals, style) {
  return (value > 0 ? "+" : "") + printed(value, decimals, style);
}

function abbreviated(value) {
  const units = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "K"]];
  const unit = units.find(([size]) => Math.abs(value) >= size);
  return unit ? (value / unit[0]).toFixed(2) + NARROW + unit[1] : value.toFixed(2);
}

function decimalsOf(pricescale) {
  return Math.round(Math.log10(pricescale || 100));
}

function clockText(seconds) {
  const at = new Date(seconds * 1000);
  const two = (n) => String(n).padStart(2, "0");
  const east = -at.getTimezoneOffset() / 60;
  const zone = east ? "GMT" + (east > 0 ? "+" : MINUS) + Math.abs(east) : "GMT";
  return `As of today at ${two(at.getHours())}:${two(at.getMinutes())} ${zone}`;
}
