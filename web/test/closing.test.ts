import { expect, test } from "vitest";
import { doubtAfter, endingOf, lostAfter, pauseBefore } from "../src/closing";

test.each([1001, 1006, 1011, 1012, 4000, 4001, 4002, 4499])("after %i the page comes back", (code) => {
  expect(endingOf(code).reconnect).toBe(true);
});

test.each([1009, 4500, 4501, 4502, 4503, 4999])("after %i a person has to do something", (code) => {
  expect(endingOf(code).reconnect).toBe(false);
});

test("pauses grow, vary and have a top", () => {
  expect([0, 1, 2, 20, 2_000].map((attempt) => pauseBefore(attempt, 1))).toEqual([250, 500, 1_000, 8_000, 8_000]);
  expect(pauseBefore(0, 0)).toBe(125);
});

test("silence is doubted within two seconds, and lost after three heartbeats", () => {
  expect(doubtAfter(1_000)).toBe(1_500);
  expect(doubtAfter(10_000)).toBe(1_500);
  expect(lostAfter(1_000)).toBe(3_000);
});
