// Builds the tests for Node and the page for Google's client into dist/. The
// stubs of gen/es lie outside of this folder: the bundles take them in, and they
// find the runtime in this folder's node_modules.
import { build } from "esbuild";
import { copyFile } from "node:fs/promises";
import { readdirSync } from "node:fs";

const tests = readdirSync("src").filter((name) => name.endsWith(".test.ts"));
await build({
  entryPoints: tests.map((name) => `src/${name}`),
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "external",
});
await build({
  entryPoints: ["page/grpcweb.ts"],
  outdir: "dist/page",
  bundle: true,
  target: "es2022",
  nodePaths: ["node_modules"],
});
await copyFile("page/index.html", "dist/page/index.html");
