import { defineConfig } from "vite";

export default defineConfig({
  base: "./", // the page works under any path
  // Stubs and client live outside of this folder and find the runtime in it.
  resolve: { dedupe: ["@bufbuild/protobuf", "@connectrpc/connect"] },
  build: { rolldownOptions: { input: ["index.html", "feed.html"] } },
  server: { host: "127.0.0.1", port: 5173, strictPort: true, fs: { allow: ["../.."] } },
});
