import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from '@playwright/test'
import { expect, faults, forgive, ledger, test as base } from './page'
import { withDemo } from './server'

const run = promisify(execFile)
const tidemark = (...words: string[]) => run('../.venv/bin/tidemark', words)
/** Forty days of two markets, so that a month has its figures and a run takes seconds. */
const MINUTES = 40 * 1440
const BEGIN = Date.UTC(2024, 0, 1)

/** Candles of a minute whose price swings within a day and within an hour, as the import takes them. */
function candles(phase: number): string {
  const price = (n: number) => 100 + 12 * Math.sin(n / 900 + phase) + 3 * Math.sin(n / 37)
  const rows = Array.from({ length: MINUTES }, (_, n) => {
    const [open, close] = [price(n), price(n + 1)]
    const [high, low] = [Math.max(open, close) + 0.05, Math.min(open, close) - 0.05]
    return [BEGIN + n * 60_000, ...[open, high, low, close].map((one) => one.toFixed(2)), 50].join()
  })
  return ['time,open,high,low,close,volume', ...rows].join('\n')
}

/** A demonstration with a strategy that runs, one that does not, and candles, as a user brings them in. */
const test = base.extend<object, { served: string }>({
  served: [
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'tidemark-backtests-'))
      const [strategies, data] = [join(folder, 'strategies'), join(folder, 'data')]
      try {
        await mkdir(data)
        await tidemark('new-strategy', join(strategies, 'mean_cross.py'))
        await writeFile(join(strategies, 'broken.py'), 'class Broken(\n')
        const files = ['AAAUSDT', 'BBBUSDT'].map((symbol) => join(folder, `${symbol}-1m.csv`))
        await Promise.all(files.map((file, n) => writeFile(file, candles(n))))
        await tidemark('data', 'import', ...files, '--out', join(data, 'swings'))
        await withDemo([`backtests.strategies=${strategies}`, `backtests.data=${data}`], use)
      } finally {
        await rm(folder, { recursive: true })
      }
    },
    { scope: 'worker', timeout: 120_000 },
  ],
})

test.describe.configure({ mode: 'serial' })

async function visit(page: Page, served: string, hash: string): Promise<void> {
  await page.goto(`${served}/${hash}`)
  await expect(page.locator('.status .link')).toContainText('live', { timeout: 30_000 })
}

/** Starts a run from the form, and waits until it is done; gives its id. */
async function start(page: Page, name: string, fast: string): Promise<string> {
  await page.getByRole('combobox', { name: 'Strategy' }).selectOption('mean_cross.py')
  await page.getByLabel('fast', { exact: true }).fill(fast)
  await page.getByLabel('slow', { exact: true }).fill('400')
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Start' }).click()
  await expect(page.locator('main h1')).toHaveText(new RegExp(`^${name}-`), { timeout: 30_000 })
  return page.locator('main h1').innerText()
}

test('before the first run it says what a backtest is, and leads to one', async ({ page, served }) => {
  await visit(page, served, '#/market')
  await page.locator('main h1').focus()
  await page.keyboard.press('g')
  await page.keyboard.press('b')
  await expect(page.locator('.runs')).toContainText('There are no runs')
  expect(await faults(page)).toEqual([])
  await page.keyboard.press('n')
  await expect(page.locator('main h1')).toHaveText('New backtest')
  await expect(page.locator('main h1')).toBeFocused()
})

test('what is wrong is said at its field, and nothing is started', async ({ page, served, complaints }) => {
  await visit(page, served, '#/backtests?new=1')
  await page.getByRole('combobox', { name: 'Strategy' }).selectOption('broken.py')
  await expect(page.locator('.new-run')).toContainText("'(' was never closed")
  await page.getByRole('combobox', { name: 'Strategy' }).selectOption('mean_cross.py')
  await page.getByLabel('fast', { exact: true }).fill('1')
  await page.getByRole('radio', { name: 'some' }).check()
  await page.getByLabel('Cash').fill('0')
  await page.getByText('Costs and rules').click()
  await page.getByLabel('fees: tier').fill('high')
  await page.getByRole('button', { name: 'Start' }).click()
  await expect(page.getByLabel('fast', { exact: true })).toBeFocused()
  await expect(page.getByLabel('fast', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await expect(page.locator('.new-run')).toContainText('Choose at least one market, or all')
  await expect(page.locator('.new-run footer')).toContainText('4 fields are not right yet')
  expect(await faults(page)).toEqual([])

  await page.getByLabel('fast', { exact: true }).fill('20')
  await page.getByLabel('Cash').fill('1000')
  await page.getByLabel('fees: tier').fill('1')
  await page.getByLabel('Search markets').fill('zzzusdt')
  await page.keyboard.press('Enter')
  await expect(page.locator('.chips')).not.toContainText('ZZZUSDT')
  await page.getByLabel('Search markets').fill('aaa')
  await page.keyboard.press('Enter')
  await expect(page.locator('.chips')).toContainText('✓ AAAUSDT')
  // The page knows the bounds as well: only what it does not send as it was written is refused.
  await page.route('**/api/v1/backtests/start', (route) =>
    route.continue({ postData: route.request().postData()?.replace('"parameters":{}', '"parameters":{"slow":"3000"}') }),
  )
  await page.getByRole('button', { name: 'Start' }).click()
  await expect(page.getByRole('alert')).toContainText('Not started')
  await expect(page.locator('.one.faulty')).toContainText('<= 2000')
  await page.setViewportSize({ width: 320, height: 640 })
  await expect.poll(() => page.evaluate(() => document.querySelector('main')?.scrollWidth)).toBeLessThanOrEqual(320)
  expect(await faults(page)).toEqual([])
  forgive(complaints, 422)
})

test('a run is begun from the form, seen to go on, opened, and held against another', async ({ page, served }) => {
  test.setTimeout(180_000)
  await visit(page, served, '#/backtests?new=1')
  const first = await start(page, 'first', '100')
  await expect(page.locator('.at-work progress')).toBeVisible({ timeout: 20_000 })
  await expect.poll(() => page.locator('.at-work progress').evaluate((bar: HTMLProgressElement) => bar.value)).toBeGreaterThan(0)
  await expect(page.locator('.toolbar')).toContainText('● done', { timeout: 60_000 })
  await expect(page.locator('.figures dl')).toContainText('Sharpe')
  await expect(page.locator('.curves canvas')).toHaveCount(2)
  await expect(page.locator('.luck')).toContainText('Random entries do as well')
  await expect(page.locator('.months tbody tr')).toHaveCount(1)
  await expect(page.locator('.trips tbody tr').nth(5)).toBeVisible()
  await expect(page.locator('.setup')).toContainText('Hash of the candles')
  expect(await page.locator('main').innerText()).not.toMatch(/NaN|undefined|Infinity/)

  await page.locator('main h1').focus()
  await page.keyboard.press('j')
  await expect(page.locator('.chosen-trip')).toContainText('Trip 1 is marked on the equity')
  await expect(page.locator('.chosen-trip')).toContainText('AAAUSDT is not watched by this monitor')
  await expect.poll(() => page.url()).toContain('trip=1')
  const csv = page.waitForEvent('download')
  await page.getByRole('link', { name: 'All as CSV' }).click()
  expect((await csv).suggestedFilename()).toBe(`${first}.csv`)
  expect(await faults(page)).toEqual([])

  await page.keyboard.press('t')
  await page.setViewportSize({ width: 320, height: 640 })
  await expect.poll(() => page.evaluate(() => document.querySelector('main')?.scrollWidth)).toBeLessThanOrEqual(320)
  expect(await faults(page)).toEqual([])
  await page.setViewportSize({ width: 1400, height: 900 })

  await page.getByRole('link', { name: 'Run again…' }).click()
  await expect(page.getByLabel('fast', { exact: true })).toHaveValue('100')
  const second = await start(page, 'second', '40')
  await expect(page.locator('.toolbar')).toContainText('● done', { timeout: 60_000 })
  await page.locator('main h1').focus()
  await page.keyboard.press('Escape')
  await expect(page.locator('main h1')).toHaveText('Backtests')
  for (const id of [first, second]) await page.getByRole('button', { name: `Mark ${id}` }).click()
  await page.getByRole('button', { name: 'Compare' }).click()
  await expect(page.locator('.toolbar')).toContainText('their trips differ')
  await expect(page.locator('.asked').getByRole('row', { name: 'param fast' })).toContainText('100')
  await expect(page.locator('.both').getByRole('row', { name: /^Sharpe/ })).toBeVisible()
  await expect(page.locator('.curves canvas')).toHaveCount(1)
  expect(await faults(page)).toEqual([])
  await page.setViewportSize({ width: 320, height: 640 })
  await expect.poll(() => page.evaluate(() => document.querySelector('main')?.scrollWidth)).toBeLessThanOrEqual(320)
})

test('a run can be ended, gone on with and removed, and nothing of it is left on the page', async ({ page, served }) => {
  test.setTimeout(120_000)
  await visit(page, served, '#/backtests?new=1')
  const id = await start(page, 'ended', '50')
  await page.getByRole('button', { name: `Cancel ${id}` }).click()
  await page.getByRole('button', { name: 'Really cancel it?' }).click()
  await expect(page.locator('.toolbar')).toContainText('■ cancelled', { timeout: 30_000 })
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect(page.locator('.toolbar')).toContainText('● done', { timeout: 60_000 })
  await page.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('button', { name: 'Remove it for good?' }).click()
  await expect(page.locator('main h1')).toHaveText('Backtests')
  await expect(page.getByRole('link', { name: id })).toHaveCount(0)

  await expect(page.locator('.rows a').first()).toBeVisible()
  await expect.poll(async () => (await ledger(page)).held.requests).toBe(0)
  const before = (await ledger(page)).held
  const shown = await page.locator('.rows a').first().getAttribute('href')
  for (let n = 0; n < 3; n += 1) {
    await page.evaluate((hash) => (location.hash = hash ?? ''), shown)
    await expect(page.locator('.curves canvas')).toHaveCount(2)
    await page.keyboard.press('Escape')
    await expect(page.locator('main h1')).toHaveText('Backtests')
  }
  await expect.poll(async () => (await ledger(page)).held).toEqual(before)
})

test('a trip is marked on the candles of its market, and says where they do not hold it', async ({ page, served }) => {
  const entry = Math.floor(Date.now() / 60_000) * 60_000 - 30 * 60_000
  const trip = (ms: number) => encodeURIComponent(`mean-1f3a5c,1,${ms},88000.5,${ms + 600_000},88100`)
  await visit(page, served, `#/symbol/BTCUSDT?tf=1m&trip=${trip(entry)}`)
  const line = page.locator('.trip-line')
  await expect(line).toContainText('▲ long from')
  await expect(line.getByRole('link', { name: 'Its run' })).toHaveAttribute('href', '#/backtests?run=mean-1f3a5c')
  const moment = new Date(entry).toISOString().slice(0, 16).replace('T', ' ')
  await expect(page.locator('.chart .reading')).toContainText(moment)
  await expect(line).not.toContainText('outside')
  expect(await faults(page)).toEqual([])

  await page.evaluate((hash) => (location.hash = hash), `#/symbol/BTCUSDT?tf=1m&trip=${trip(entry - 86_400_000 * 30)}`)
  await expect(line).toContainText('It lies outside of the candles of 1m that are held')
  await line.getByRole('button', { name: 'Take it off' }).click()
  await expect(line).toHaveCount(0)
  await expect.poll(() => page.url()).not.toContain('trip=')
})
