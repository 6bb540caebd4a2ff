import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

/** The origin to work against while developing: `npm run demo` prints its address. */
const origin = process.env.EXPORT_PAGE_ORIGIN ?? 'http://localhost:3000';

export default defineConfig({
  plugins: [vue()],
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
  build: {
    outDir: 'dist/page',
    emptyOutDir: true,
    target: 'es2023',
    // Everything is a file of our own origin, so that the page keeps to `script-src 'self'`.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: { proxy: { '^/(v1|session|page-config)': { target: origin, changeOrigin: true } } },
});
