import { test as base, expect, faults, open } from './page'
import { withDemo } from './server'

/** Funding stands far enough from its mean in many markets; the page is there before the rule may speak. */
const SETTINGS = [
  'rules.funding_extreme.warm_up=10s',
  'rules.funding_extreme.deviations=0.5',
  'rules.funding_extreme.deviations_kept=0',
  'rules.funding_extreme.least=0',
  // One sink takes what it is told, and at the other nobody listens.
  'alerts.sinks=screens browser:, hook webhook:http://127.0.0.1:9/ secret=sixteen-letters-',
  'alerts.window=1s',
  'alerts.attempts=1',
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
  await expect.poll(() => page.url()).toContain('id=')
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

test('it is told; a sink is tried, what did not arrive is sent again, what was read is marked', async ({ page }) => {
  await open(page, '#/alerts')
  const told = page.locator('.told li').filter({ hasText: /funding extreme/i })
  await expect(told.first()).toBeVisible({ timeout: 40_000 })

  const sinks = page.locator('.sinks')
  await page.getByRole('button', { name: 'Try hook' }).click()
  await expect(sinks).toContainText('tried: it did not answer')
  await page.getByRole('button', { name: 'Try screens' }).click()
  await expect(sinks).toContainText('tried: it took the notification')
  const toasts = page.getByRole('complementary', { name: 'New notifications' })
  await expect(toasts).toContainText('Tidemark: a trial')

  const again = page.waitForResponse('**/api/v1/alerts/dead/resend')
  await page.getByRole('button', { name: /^Send again number \d+$/ }).last().click()
  expect((await (await again).json()) as object).toMatchObject({ changed: 1 })
  expect(await faults(page)).toEqual([])

  // Another one may come meanwhile.
  await expect(async () => {
    await page.getByRole('button', { name: 'Mark all as read' }).click()
    await expect(page.locator('.alerts-page .toolbar')).toContainText('0 unread', { timeout: 3000 })
  }).toPass()
  await expect(page.locator('.told .unread')).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Mark all as read' })).toBeDisabled()
})
