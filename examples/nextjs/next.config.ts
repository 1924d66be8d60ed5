import { fileURLToPath } from "node:url";
import type { NextConfig } from "next";

// The client is a folder of this repository. An app that installs it from elsewhere does not need the two lines with `root`.
const root = fileURLToPath(new URL("../..", import.meta.url));

const config: NextConfig = {
  turbopack: { root },
  outputFileTracingRoot: root,
  output: "standalone",
  // The app has no images, so the build leaves out the image optimiser.
  images: { unoptimized: true },
  outputFileTracingExcludes: { "*": ["**/node_modules/@img/**", "**/node_modules/sharp/**"] },
  poweredByHeader: false,
  async headers() {
    const headers = [
      { key: "Content-Security-Policy", value: "frame-ancestors 'none'; base-uri 'self'; object-src 'none'; form-action 'self'" },
      { key: "Referrer-Policy", value: "same-origin" },
      { key: "X-Content-Type-Options", value: "nosniff" },
    ];
    return [{ source: "/:path*", headers }];
  },
};

export default config;
