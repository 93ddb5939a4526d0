import { defineConfig } from "vitest/config";

// Everything is a file of its own: the gateway's content security policy allows nothing inline.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../cryptostream/gateway/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  test: { include: ["test/**/*.test.ts"] },
});
