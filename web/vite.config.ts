import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const server = process.env.TIDEMARK_URL ?? 'http://127.0.0.1:8420'

export default defineConfig({
  base: './',
  plugins: [vue({ features: { optionsAPI: false, prodDevtools: false, prodHydrationMismatchDetails: false } })],
  resolve: { alias: { '@': at('./src') } },
  build: {
    outDir: at('../src/tidemark/api/static'),
    emptyOutDir: true,
    target: 'es2022',
    // What a script needs is asked for together with it; every browser that runs this page knows how.
    modulePreload: { polyfill: false },
    sourcemap: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        // What every screen may use comes with the shell: fewer requests, the same bytes.
        codeSplitting: {
          groups: [
            {
              name: 'shell',
              test: /src\/(app|format|grid|market_data|owned|push|rest|settings|styles)\/|charts\/(bars|[sS]parkline)/,
            },
          ],
        },
        chunkFileNames: ({ facadeModuleId }) => {
          const screen = /screens\/(\w+)\/Screen\.vue/.exec(facadeModuleId ?? '')
          return screen ? `assets/screen-${screen[1]}-[hash].js` : 'assets/[name]-[hash].js'
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': server,
      '/health': server,
      '/ws': { target: server, ws: true },
    },
  },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts'] },
})
