import { expect, test } from "vitest";
import { wrongForm } from "../src/token";

test.each(["cst_K2-x_9AZ", "a.b~c"])("%s may be a token", (text) => expect(wrongForm(text)).toBe(""));

// Any of these would make the browser throw where the WebSocket is opened.
test.each(["", "two words", "cst_ä", "a,b", "a=b", "a\nb", "“cst_x”"])("%j is told to be none", (text) => {
  expect(wrongForm(text)).toContain("cannot be a token");
});
