import { defineConfig } from '@playwright/test'
import { CHROMIUM_ARGS } from './e2e/browser'
import { freePort } from './e2e/server'

// This file is read again by every worker, which has the environment of the first reader.
process.env.E2E_PORT ??= String(await freePort())
const port = process.env.E2E_PORT
const url = process.env.TIDEMARK_URL ?? `http://127.0.0.1:${port}`

export default defineConfig({
  testDir: 'e2e',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  workers: 2,
  // What is measured has the machine for itself: it is run alone, by one worker.
  projects: [
    { name: 'measured', testMatch: 'budgets.spec.ts' },
    { name: 'leaks', testMatch: 'leaks.spec.ts' },
    { name: 'seen', testIgnore: ['budgets.spec.ts', 'leaks.spec.ts'] },
  ],
  // What fails once and not again is shown as flaky: the market that is looked at is another in every run.
  retries: 1,
  forbidOnly: true,
  reporter: 'list',
  use: {
    baseURL: url,
    viewport: { width: 1600, height: 900 },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      args: CHROMIUM_ARGS,
    },
  },
  webServer: process.env.TIDEMARK_URL
    ? undefined
    : {
        command: `../.venv/bin/tidemark run --demo --symbols 60 --no-tui --set api.port=${port}`,
        url: `${url}/health/live`,
        timeout: 120_000,
        stderr: 'ignore',
        gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 },
      },
})
