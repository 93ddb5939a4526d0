/** The small line of a card: which points are kept, and where they are drawn. */

/** `value` is only for drawing: a binary fraction is exact enough for pixels. */
export interface Point {
  time: number;
  value: number;
  /** Nothing is known between the point before and this one. */
  apart: boolean;
}

export const POINTS = 90;
/** Ticks within so many ms share a point: the line shows the last minute and a half or more. */
export const STEP_MS = 1_000;

/** The box that lines are drawn into; units of their own, stretched to the place they have. */
export const BOX = { width: 200, height: 48 } as const;

/** A bounded line; the oldest points leave it. */
export class Trail {
  readonly points: Point[] = [];
  /** Goes up with every change that is seen. */
  revision = 0;
  private torn = false;

  add(time: number, value: number): void {
    if (!Number.isFinite(value)) return;
    const last = this.points.at(-1);
    if (last && !this.torn && time - last.time < STEP_MS) {
      if (last.value !== value) this.revision += 1;
      last.value = value;
      return;
    }
    this.revision += 1;
    this.points.push({ time, value, apart: this.torn });
    this.torn = false;
    if (this.points.length > POINTS) this.points.shift();
  }

  /** Put history before what came live; times are ms, oldest first. */
  seed(history: ReadonlyArray<readonly [time: number, value: number]>): void {
    this.revision += 1;
    const past = new Trail();
    const live = this.points.splice(0);
    const begin = live[0]?.time ?? Infinity;
    for (const [time, value] of history) if (time < begin) past.add(time, value);
    this.points.push(...past.points, ...live);
    this.points.splice(0, Math.max(0, this.points.length - POINTS));
  }

  /** Something is missing here: the line does not go on to the next point. */
  tear(): void {
    this.torn = this.points.length > 0;
  }
}

export type Stroke = ReadonlyArray<readonly [x: number, y: number]>;

/** The strokes of a line in a box, newest point at the right edge; in units of the box. */
export function strokes(points: readonly Point[], width: number, height: number): Stroke[] {
  if (points.length === 0) return [];
  const values = points.map((point) => point.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const inset = 2;
  const room = height - 2 * inset;
  const step = (width - 2 * inset) / (POINTS - 1);
  const found: Array<Array<readonly [number, number]>> = [];
  points.forEach((point, at) => {
    const x = width - inset - (points.length - 1 - at) * step;
    const share = high > low ? (point.value - low) / (high - low) : 0.5;
    const place = [x, height - inset - share * room] as const;
    const current = found.at(-1);
    if (current && !point.apart) current.push(place);
    else found.push([place]);
  });
  return found;
}

/** The line as data of an SVG path in `BOX`. */
export function pathOf(points: readonly Point[]): string {
  return strokes(points, BOX.width, BOX.height).map(strokeData).join("");
}

function strokeData(stroke: Stroke): string {
  const places = stroke.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  // A stroke of one point would not be seen.
  return `M${places.join("L")}${places.length === 1 ? "h1" : ""}`;
}
