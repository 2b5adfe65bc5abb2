import { defineConfig } from "vite";

export default defineConfig({
  base: "./", // the page works under any path
  // The stubs live outside of this folder and find the runtime in it.
  resolve: { dedupe: ["@bufbuild/protobuf"] },
  server: { host: "127.0.0.1", port: 5173, strictPort: true, fs: { allow: ["../.."] } },
});
