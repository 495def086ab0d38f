import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const OUT = "../api_service/static/app";

/** Smaller copies beside each file, so that the API compresses nothing while it answers. */
const compressed = (): Plugin => ({
  name: "compressed",
  async closeBundle() {
    const files = await readdir(OUT, { recursive: true });
    for (const name of files.filter((one) => /\.(js|css|svg)$/.test(one))) {
      const bytes = await readFile(join(OUT, name));
      await writeFile(
        join(OUT, `${name}.br`),
        brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
      );
      await writeFile(join(OUT, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    }
  },
});

export default defineConfig({
  base: "/app/",
  plugins: [react(), compressed()],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    chunkSizeWarningLimit: 1000,
  },
});
