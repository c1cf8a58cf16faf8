import { expect, faults, forgive, test } from './page'
import type { Page } from '@playwright/test'

async function look(page: Page, query = '?tf=1m'): Promise<void> {
  await page.goto(`/#/symbol/ETHUSDT${query}`)
  await expect(page.locator('.chart .candles')).toHaveAttribute('aria-busy', 'false')
  await expect(page.locator('.chart .reading')).toContainText('volume')
}

test('digits choose the timeframe, and the address says which', async ({ page }) => {
  await look(page)
  await page.keyboard.press('3')
  await expect(page).toHaveURL(/tf=15m/)
  await expect(page.getByRole('button', { name: '15m' })).toHaveAttribute('aria-pressed', 'true')
  await expect(page.locator('.chart .candles')).toHaveAttribute('aria-label', /candles of 15m of ETHUSDT/)
})

test('the bracket goes to the next symbol, and the focus to its heading', async ({ page }) => {
  await look(page)
  await page.keyboard.press(']')
  await expect(page).not.toHaveURL(/ETHUSDT/)
  await expect(page.locator('main h1')).toBeFocused()
  await expect(page.locator('main h1')).not.toHaveText('ETHUSDT')
})

test('the crosshair goes by candles, and says what is under it', async ({ page }) => {
  await look(page)
  const reading = page.locator('.chart .reading')
  const before = (await reading.innerText()).slice(0, 16)
  await page.keyboard.press('Shift+ArrowLeft')
  await expect.poll(async () => (await reading.innerText()).slice(0, 16)).not.toBe(before)
})

test('as of a moment before, what is not kept says so, and a key leads back to now', async ({ page }) => {
  await look(page)
  await page.getByRole('button', { name: '10 candles back' }).click()
  await expect(page).toHaveURL(/at=\d+/)
  await expect(page.locator('.as-of')).toContainText('UTC')
  await expect(page.locator('.book')).toContainText('Books of the past are not kept')
  await expect(page.locator('.score')).toContainText('as of')
  expect(await faults(page)).toEqual([])
  await page.keyboard.press('l')
  await expect(page.locator('.as-of label')).toHaveText('As of now')
  await expect(page.locator('.book')).toContainText('mid')
})

test('every point of the score can be opened, and each component has its weight', async ({ page }) => {
  await look(page)
  const rows = page.locator('.component > button')
  await expect(rows).toHaveCount(6)
  await page.keyboard.press('e')
  for (const row of await rows.all()) await expect(row).toHaveAttribute('aria-expanded', 'true')
  expect(await faults(page)).toEqual([])
})

test('what is drawn is there as a table', async ({ page }) => {
  await look(page)
  await page.locator('.chart').getByRole('button', { name: 'Table' }).click()
  await expect(page.getByRole('table', { name: /newest 100 candles/ })).toBeVisible()
  expect(await faults(page)).toEqual([])
})

test('a market that is not watched says so and offers others', async ({ page, complaints }) => {
  await page.goto('/#/symbol/ETHUSDTX')
  await expect(page.locator('main')).toContainText('No market of this name is watched')
  expect(await faults(page)).toEqual([])
  forgive(complaints, 404)
})

test('candles that cannot be asked for leave everything else alive', async ({ page, complaints }) => {
  await page.route('**/candles?*', (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: JSON.stringify({ title: 'Busy', status: 503, detail: 'all that may be asked at once is asked' }),
    }),
  )
  await page.goto('/#/symbol/ETHUSDT')
  await expect(page.locator('.chart')).toContainText('all that may be asked at once is asked')
  await expect(page.locator('.book')).toContainText('mid')
  expect(await faults(page)).toEqual([])
  forgive(complaints, 503)
})

/** What the server keeps of signals of a market: these, behind a moment that is now. */
async function signalled(page: Page, signals: object[], note: string | null = null): Promise<void> {
  await page.route('**/api/v1/history/signals?*', (route) =>
    route.fulfill({ json: { as_of_ms: Date.now(), signals, next_before: null, count: null, note } }),
  )
}

function signal(n: number, given: object = {}): object {
  const at_ms = Date.now() - (5 + 10 * n) * 60_000
  return {
    id: `ETHUSDT-whale_flow-long-${n}`, rule: 'whale_flow', name: 'long', symbol: 'ETHUSDT', side: 1, kind: 'trade',
    at_ms, stage: 'target', is_open: false, moved_at_ms: at_ms + 120_000, price: 1, score: null, regime: 'range',
    sentence: 'large trades bought', entry: 1, stop: 0.99, first_target: 1.01, last_target: 1.02, net_r: 1.92, ...given,
  }
}

/** How many pixels of the candles have the colour that the page calls *name*. */
async function pixels(page: Page, name: string): Promise<number> {
  return page.locator('.chart .candles').evaluate((element, wanted) => {
    const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${wanted}`).trim()
    const [red, green, blue] = [1, 3, 5].map((from) => parseInt(hex.slice(from, from + 2), 16))
    let found = 0
    for (const canvas of element.querySelectorAll('canvas')) {
      const context = canvas.getContext('2d')
      if (!context || canvas.width === 0 || canvas.height === 0) continue
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
      for (let n = 0; n < data.length; n += 4) {
        if (data[n] === red && data[n + 1] === green && data[n + 2] === blue && data[n + 3] === 255) found += 1
      }
    }
    return found
  }, name)
}

test('signals are drawn on their candles, with the plan of one of them, and a key takes them away', async ({ page }) => {
  const { columns } = (await (await page.request.get('/api/v1/symbols/ETHUSDT/candles?timeframe=1m&limit=5')).json()) as {
    columns: { close: number[] }
  }
  const entry = columns.close[columns.close.length - 1]
  const plan = { entry, stop: entry * 0.9999, first_target: entry * 1.0001, last_target: entry * 1.0002 }
  const notices = [2, 3, 4, 5].map((n) => signal(n, { id: `notice ${n}`, side: 0, kind: 'notice', stage: 'ended', net_r: null }))
  await signalled(page, [signal(0, { ...plan, stage: 'active', is_open: true, net_r: null }), signal(1), ...notices])
  await look(page)
  const line = page.locator('.signal-line')
  await expect(line).toContainText(/Drawn, whale flow of .*: entry .* stop .* first target .* last target/)
  await page.keyboard.press('p')
  await expect.poll(() => pixels(page, 'bad')).toBeGreaterThan(100)
  const grey = await pixels(page, 'muted')
  await page.keyboard.press('m')
  await expect(line).toHaveCount(0)
  await expect.poll(() => pixels(page, 'bad')).toBe(0)
  await expect.poll(() => pixels(page, 'muted')).toBeLessThan(grey - 100)

  await page.reload()
  await expect(page.locator('.chart').getByRole('button', { name: 'Signals' })).toHaveAttribute('aria-pressed', 'false')
  await page.keyboard.press('m')
  await expect(line).toContainText('6 signals in these candles, the newest: ▲ long whale flow')
  await page.keyboard.press('k')
  await page.keyboard.press('k')
  await expect(line).toContainText(/1 signal in this candle:.*long whale flow.*target \+1.92 R/)
  await line.getByRole('button', { name: /^Plan/ }).click()
  await expect(page).toHaveURL(/signal=ETHUSDT-whale_flow-long-1/)
  await expect(line).toContainText('last target 1.02')
  expect(await faults(page)).toEqual([])
  await expect(line.getByRole('link', { name: 'long whale flow' })).toHaveAttribute(
    'href',
    '#/signals?symbol=ETHUSDT&id=ETHUSDT-whale_flow-long-1',
  )
})

test('where nothing was signalled it says so, and why, on a narrow screen as well', async ({ page }) => {
  await signalled(page, [], 'the database keeps signals of seven days')
  await page.setViewportSize({ width: 320, height: 640 })
  await look(page)
  await expect(page.locator('.signal-line')).toContainText(
    'No signal of ETHUSDT was raised in these candles of 1m. ▲ the database keeps signals of seven days',
  )
  await expect.poll(() => page.evaluate(() => document.querySelector('main')?.scrollWidth)).toBeLessThanOrEqual(320)
  expect(await faults(page)).toEqual([])
})
