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
