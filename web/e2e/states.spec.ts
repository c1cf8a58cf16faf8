import { expect, faults, forgive, ledger, open, test, wire } from './page'

test('until the first snapshot it says what is awaited', async ({ page }) => {
  const hand = await wire(page)
  hand.hold(true)
  await page.goto('/#/market')
  await expect(page.getByText('Loading…')).toBeVisible()
  await expect(page.getByText('Waiting for the first snapshot')).toBeVisible()
  expect(await faults(page)).toEqual([])
})

test('figures that do not come any more look old, though the connection stands', async ({ page }) => {
  const hand = await wire(page)
  await open(page)
  hand.hold(true)
  await expect(page.locator('.status .link')).toContainText('delayed')
  await expect(page.locator('main')).toHaveAttribute('data-stale', 'true')
  await expect(page.locator('.status .link')).toContainText('stale')
  await expect(page.locator('.status .link')).toContainText('the server sends no figures')
  expect(await faults(page)).toEqual([])

  hand.hold(false)
  await expect(page.locator('.status .link')).toContainText('live')
  await expect(page.locator('main')).toHaveAttribute('data-stale', 'false')
  expect((await ledger(page)).stores.messages.holes).toBeGreaterThan(0)
})

test('a connection that is cut comes back by itself and goes on', async ({ page }) => {
  const hand = await wire(page)
  await open(page)
  await hand.cut()
  await expect(page.getByRole('button', { name: /notice/ })).toBeVisible()
  await expect.poll(async () => (await ledger(page)).stores.messages.reconnects).toBeGreaterThan(0)
  await expect(page.locator('.status .link')).toContainText('live')
  const before = (await ledger(page)).stores.messages.received
  await expect.poll(async () => (await ledger(page)).stores.messages.received).toBeGreaterThan(before + 5)
})

test('a part that cannot be asked for says what failed, and the others live on', async ({ page, complaints }) => {
  await page.route('**/api/v1/symbols/*/score', (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: JSON.stringify({ title: 'Busy', status: 503, detail: 'all that may be asked at once is asked' }),
    }),
  )
  await open(page)
  await page.locator('.grid .rows .row').first().click()
  await expect(page.locator('.preview')).toContainText('all that may be asked at once is asked')
  await expect(page.locator('.preview').getByRole('button', { name: 'Retry' })).toBeVisible()
  await expect(page.locator('.status .link')).toContainText('live')
  expect(await faults(page)).toEqual([])
  forgive(complaints, 503)
})

test('while the tab is hidden figures are kept up to date and nothing is drawn', async ({ page }) => {
  await open(page)
  const hide = (isHidden: boolean) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { value, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, isHidden)
  await hide(true)
  await page.waitForTimeout(1500)
  const before = (await ledger(page)).stores
  await page.waitForTimeout(4000)
  const after = (await ledger(page)).stores
  expect(after.messages.received).toBeGreaterThan(before.messages.received + 8)
  expect(after.messages.size).toBe(0)
  expect(after.frames.drawn).toBe(before.frames.drawn)
  await hide(false)
  await expect(page.locator('.status .link')).toContainText('live')
  await expect.poll(async () => (await ledger(page)).stores.frames.drawn).toBeGreaterThan(after.frames.drawn)
})

test('nothing that is kept passes its bound', async ({ page }) => {
  await open(page)
  await page.waitForTimeout(3000)
  const { stores } = await ledger(page)
  for (const [name, store] of Object.entries(stores)) expect(store.size, name).toBeLessThanOrEqual(store.capacity)
})
