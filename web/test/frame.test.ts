import { expect, test } from "vitest";
import { Frame, SPACING_MS } from "../src/frame";

/** A display whose frames come when the test says so. */
function display() {
  const drawn: number[] = [];
  let asked: Array<(now: number) => void> = [];
  const frame = new Frame((now) => drawn.push(now), (callback) => asked.push(callback));
  const show = (now: number) => {
    const due = asked;
    asked = [];
    for (const callback of due) callback(now);
  };
  return { frame, drawn, show, waiting: () => asked.length };
}

test("what is asked several times is drawn once", () => {
  const { frame, drawn, show, waiting } = display();
  frame.ask();
  frame.ask();
  expect(waiting()).toBe(1);
  show(0);
  show(16);
  expect([drawn, waiting()]).toEqual([[0], 0]);
});

test("two drawings have their distance, and nothing that was asked is forgotten", () => {
  const { frame, drawn, show } = display();
  for (let now = 0; now <= 5 * SPACING_MS; now += 16) {
    frame.ask();
    show(now);
  }
  expect(drawn).toEqual([0, 32, 64, 96, 128]);
  frame.ask();
  show(144);
  show(160);
  expect(drawn.at(-1)).toBe(160);
});

test("after a rest the next frame is drawn at once", () => {
  const { frame, drawn, show } = display();
  frame.ask();
  show(0);
  frame.ask();
  show(100);
  expect(drawn).toEqual([0, 100]);
});
