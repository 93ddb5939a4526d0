/** The chart of the opened ticker, drawn by lightweight-charts. */

import {
  CandlestickSeries, LineSeries, createChart,
  type IChartApi, type ISeriesApi, type UTCTimestamp,
} from "lightweight-charts";
import { CandleBuilder, type Candle } from "./candles";
import type { Tick } from "./protocol";

export type Mode = "line" | "candles";
/** A line has one point a second. */
const LINE_S = 1;
/** So many points are shown at first, and the room of at least so many. */
const SHOWN = 180;
const LEAST = 40;

export interface Colours {
  text: string;
  grid: string;
  line: string;
  up: string;
  down: string;
}

export class Chart {
  private readonly chart: IChartApi;
  private series: ISeriesApi<"Line"> | ISeriesApi<"Candlestick"> | null = null;
  private builder = new CandleBuilder(LINE_S);
  private mode: Mode = "line";

  constructor(place: HTMLElement, private readonly colours: () => Colours) {
    this.chart = createChart(place, {
      autoSize: true,
      layout: { attributionLogo: true, background: { color: "transparent" } },
      timeScale: { timeVisible: true, secondsVisible: true },
      localization: { locale: "en" },
    });
    this.recolour();
  }

  /** Show these ticks, oldest first; `width` is s a candle, `precision` the decimals of prices. */
  show(ticks: readonly Tick[], mode: Mode, width: number, precision: number): void {
    if (this.series) this.chart.removeSeries(this.series);
    this.mode = mode;
    this.builder = new CandleBuilder(mode === "line" ? LINE_S : width);
    for (const tick of ticks) this.builder.add(tick);
    const priceFormat = { type: "price" as const, precision, minMove: 10 ** -precision };
    if (mode === "line") {
      const series = this.chart.addSeries(LineSeries, { priceFormat, lineWidth: 2 });
      series.setData(this.builder.candles.map(pointOf));
      this.series = series;
    } else {
      const series = this.chart.addSeries(CandlestickSeries, { priceFormat });
      series.setData(this.builder.candles.map(barOf));
      this.series = series;
    }
    this.recolour();
    const { candles } = this.builder;
    // A short past fills the chart; of a long one the newest part is shown.
    const from = Math.max(candles.length - SHOWN, Math.min(0, candles.length - LEAST));
    this.chart.timeScale().setVisibleLogicalRange({ from, to: candles.length + 3 });
  }

  add(tick: Tick): void {
    const candle = this.builder.add(tick);
    if (!candle || !this.series) return;
    if (this.mode === "line") (this.series as ISeriesApi<"Line">).update(pointOf(candle));
    else (this.series as ISeriesApi<"Candlestick">).update(barOf(candle));
  }

  /** A price in doubt gets no mark on the axis as if it were the present one. */
  doubt(doubt: boolean): void {
    this.series?.applyOptions({ lastValueVisible: !doubt, priceLineVisible: !doubt });
  }

  recolour(): void {
    const { text, grid, line, up, down } = this.colours();
    this.chart.applyOptions({
      layout: { textColor: text },
      grid: { vertLines: { color: grid }, horzLines: { color: grid } },
      rightPriceScale: { borderColor: grid },
      timeScale: { borderColor: grid },
    });
    if (this.mode === "line") (this.series as ISeriesApi<"Line"> | null)?.applyOptions({ color: line });
    else {
      (this.series as ISeriesApi<"Candlestick">).applyOptions({
        upColor: up, wickUpColor: up, borderUpColor: up,
        downColor: down, wickDownColor: down, borderDownColor: down,
      });
    }
  }

  close(): void {
    this.chart.remove();
  }
}

function pointOf(candle: Candle): { time: UTCTimestamp; value: number } {
  return { time: candle.time as UTCTimestamp, value: candle.close };
}

function barOf(candle: Candle): Omit<Candle, "time"> & { time: UTCTimestamp } {
  return { ...candle, time: candle.time as UTCTimestamp };
}
