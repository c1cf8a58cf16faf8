import { test as base, expect, faults, open } from './page'
import { withDemo } from './server'

/** Funding stands far enough from its mean in many markets; the page is there before the rule may speak. */
const SETTINGS = [
  'rules.funding_extreme.warm_up=10s',
  'rules.funding_extreme.deviations=0.5',
  'rules.funding_extreme.deviations_kept=0',
  'rules.funding_extreme.least=0',
]

const test = base.extend<object, { demo: string }>({
  demo: [
    async ({}, use) => withDemo(SETTINGS, use),
    { scope: 'worker' },
  ],
  baseURL: async ({ demo }, use) => use(demo),
})

test('a signal comes up by itself, opens with its reasons, and stands on the candles of its market', async ({ page }) => {
  await open(page, '#/signals')
  await expect(page.locator('.open')).toContainText('No signal is open')
  let loads = 0
  page.on('load', () => (loads += 1))
  const rows = page.locator('.open tbody tr').filter({ hasText: 'funding extreme' })
  await expect(rows.first()).toBeVisible({ timeout: 40_000 })
  const [symbol, side] = (await rows.first().getByRole('button').innerText()).split(/\s+/).slice(-2)
  const name = new RegExp(`${symbol} ${side}`)
  await expect(page.locator('.history').getByRole('button', { name })).toBeVisible()

  await rows.getByRole('button', { name }).click()
  const detail = page.locator('.detail')
  await expect(detail).toContainText(/funding due .* bps/)
  await expect(detail).toContainText('says the same of these figures')
  await expect(detail.getByRole('row', { name: /^funding z/ })).toBeVisible()
  await expect(detail.getByRole('row', { name: /^Entry/ })).toBeVisible()
  const id = new URLSearchParams(new URL(page.url()).hash.split('?')[1]).get('id') ?? ''
  expect(id).toContain(`${symbol}-funding_extreme-${side}`)
  expect(await faults(page)).toEqual([])

  await detail.getByRole('button', { name: symbol }).click()
  const line = page.locator('.signal-line')
  await expect(line).toContainText(/\d signals? in th(is candle|ese candles)/)
  await expect(line).not.toContainText('without a marker')
  await expect(line).toContainText(/Drawn, funding extreme of .*: entry .* stop .* first target/)
  expect(await faults(page)).toEqual([])
  await line.getByRole('link', { name: `${side} funding extreme` }).click()
  await expect(page).toHaveURL((url) => new URLSearchParams(url.hash.split('?')[1]).get('id') === id)
  await expect(detail).toContainText(/funding due .* bps/)
  expect(loads).toBe(0)
})
