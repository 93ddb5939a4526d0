import fc from "fast-check";
import { expect, test } from "vitest";
import { BOX, POINTS, STEP_MS, Trail, pathOf, strokes } from "../src/sparkline";

test("ticks within a step share a point, and the line is bounded", () => {
  const trail = new Trail();
  for (let at = 0; at < 3 * POINTS; at += 1) {
    trail.add(at * STEP_MS, at);
    trail.add(at * STEP_MS + 1, at + 0.5);
  }
  expect(trail.points).toHaveLength(POINTS);
  expect(trail.points.at(-1)?.value).toBe(3 * POINTS - 0.5);
});

test("a tear begins a new stroke, and what is no number is left out", () => {
  const trail = new Trail();
  trail.tear();
  trail.add(0, 1);
  trail.add(1_000, NaN);
  trail.tear();
  trail.add(1_001, 2);
  expect(strokes(trail.points, 100, 40).map((stroke) => stroke.length)).toEqual([1, 1]);
});

test("history comes before what is live, and never over it", () => {
  const trail = new Trail();
  trail.add(5_000, 5);
  trail.seed([[1_000, 1], [3_000, 3], [5_000, 4], [9_000, 9]]);
  expect(trail.points.map((point) => point.value)).toEqual([1, 3, 5]);
});

test("every line stays in its box, newest at the right edge", () => {
  const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }), { minLength: 1 });
  fc.assert(
    fc.property(values, (all) => {
      const trail = new Trail();
      all.forEach((value, at) => trail.add(at * STEP_MS, value));
      const places = strokes(trail.points, 200, 40).flat();
      expect(places.every(([x, y]) => x >= 0 && x <= 200 && y >= 0 && y <= 40)).toBe(true);
      expect(places.at(-1)?.[0]).toBe(198);
    }),
  );
  expect(strokes([], 10, 10)).toEqual([]);
});

test("a path has a stroke for each piece, and a lone point is seen", () => {
  const trail = new Trail();
  trail.add(0, 1);
  trail.add(1_000, 2);
  trail.tear();
  trail.add(2_000, 2);
  const data = pathOf(trail.points);
  expect(data.match(/[MLh]/g)?.join("")).toBe("MLMh");
  expect(data.startsWith("M")).toBe(true);
  expect(data).toContain(`M${BOX.width - 2}.0 2.0h1`);
  expect(pathOf([])).toBe("");
});

test("only what is seen counts as another revision", () => {
  const trail = new Trail();
  const seen = [trail.revision];
  const after = (act: () => void) => {
    act();
    seen.push(trail.revision);
  };
  after(() => trail.add(0, 1));
  after(() => trail.add(1, 1));
  after(() => trail.add(2, 3));
  after(() => trail.tear());
  after(() => trail.add(3, NaN));
  after(() => trail.add(4, 3));
  after(() => trail.seed([[-1_000, 1]]));
  expect(seen).toEqual([0, 1, 1, 2, 2, 2, 3, 4]);
});
