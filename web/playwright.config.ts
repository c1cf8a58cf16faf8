import { defineConfig } from '@playwright/test'

const port = 8499
const url = process.env.TIDEMARK_URL ?? `http://127.0.0.1:${port}`

export default defineConfig({
  testDir: 'e2e',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  workers: 1,
  forbidOnly: true,
  reporter: 'list',
  use: {
    baseURL: url,
    viewport: { width: 1600, height: 900 },
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      args: ['--no-sandbox', '--js-flags=--expose-gc', '--enable-precise-memory-info'],
    },
  },
  webServer: process.env.TIDEMARK_URL
    ? undefined
    : {
        command: `../.venv/bin/tidemark run --demo --symbols 60 --no-tui --set api.port=${port}`,
        url: `${url}/health/live`,
        timeout: 120_000,
        stderr: 'ignore',
        gracefulShutdown: { signal: 'SIGINT', timeout: 10_000 },
      },
})
