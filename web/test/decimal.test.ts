import fc from "fast-check";
import { expect, test } from "vitest";
import { compare, grouped, places, rounded, sign, signed } from "../src/decimal";

test.each([
  ["67123.40", "67,123.40"],
  ["-850.10", "−850.10"],
  ["0.00002454", "0.00002454"],
  ["123456789012345678901234567890.1", "123,456,789,012,345,678,901,234,567,890.1"],
  ["100", "100"],
  ["not a number", "not a number"],
])("%s is shown as %s", (text, shown) => {
  expect(grouped(text)).toBe(shown);
});

test.each([
  ["1.25", "+1.25", 1],
  ["-1.25", "−1.25", -1],
  ["0.00", "0.00", 0],
  ["-0.00", "−0.00", 0],
])("%s has the sign %s", (text, shown, way) => {
  expect(signed(text)).toBe(shown);
  expect(sign(text)).toBe(way);
});

test("numbers beyond binary fractions are compared exactly", () => {
  expect(compare("0.1000000000000000000001", "0.1")).toBe(1);
  expect(compare("1.10", "1.1")).toBe(0);
  expect(compare("-2", "1")).toBe(-1);
  expect(compare("x", "1")).toBe(0);
});

test("grouping changes no digit, whatever the number", () => {
  const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.nat(12));
  fc.assert(
    fc.property(decimal, ([whole, fraction]) => {
      const text = `${whole}.${fraction}`;
      expect(grouped(text).replaceAll(",", "").replace("−", "-")).toBe(text);
      expect(compare(text, text)).toBe(0);
    }),
  );
});

test("the digits behind the point are counted", () => {
  expect([places("1.250"), places("7"), places("?")]).toEqual([3, 0, 0]);
});

test.each([
  ["2.1926139308", 2, "2.19"],
  ["-0.995", 2, "-1.00"],
  ["0.0049", 2, "0.00"],
  ["9.5", 0, "10"],
  ["1.2", 2, "1.2"],
  ["x", 2, "x"],
])("%s with %i digits is %s", (text, most, shown) => {
  expect(rounded(text, most)).toBe(shown);
});

test("numbers of the same form stand in the order of their values", () => {
  const digits = fc.nat(10 ** 6 - 1).map((one) => String(one).padStart(6, "0"));
  const number = fc.tuple(fc.boolean(), digits).map(([negative, text]) => ({
    text: `${negative ? "-" : ""}${text.slice(0, 4)}.${text.slice(4)}`,
    value: negative ? -Number(text) : Number(text),
  }));
  fc.assert(
    fc.property(number, number, (a, b) => {
      expect(compare(a.text, b.text)).toBe(Math.sign(a.value - b.value));
    }),
  );
});
