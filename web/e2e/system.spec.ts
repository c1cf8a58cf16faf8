import { expect, faults, test } from './page'

test('owners are listed by risk, and one opens with its cap', async ({ page }) => {
  await page.goto('/#/system')
  const first = page.locator('.owners tbody button').first()
  await expect(first).toBeVisible()
  await first.press('Enter')
  await expect(first).toHaveAttribute('aria-expanded', 'true')
  await expect(page.locator('.owner-detail')).toContainText('When full')
  await first.press('ArrowDown')
  await expect(page.locator('.owners tbody button').nth(1)).toBeFocused()
  expect(await faults(page)).toEqual([])
})

test('an owner is found by its name', async ({ page }) => {
  await page.goto('/#/system')
  await page.getByRole('searchbox', { name: 'Filter owners' }).fill('tape')
  await expect(page.locator('.owners tbody').first()).toContainText('tape')
  await page.getByRole('searchbox', { name: 'Filter owners' }).fill('no such owner')
  await expect(page.locator('.owners')).toContainText('No owner is called')
})

test('the diagnostics are text that can be read by a program', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.goto('/#/system')
  await expect(page.locator('.owners tbody button').first()).toBeVisible()
  await page.keyboard.press('c')
  await expect(page.locator('.system-page')).toContainText('Copied')
  const told = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as Record<string, unknown>
  expect(Object.keys(told)).toEqual(expect.arrayContaining(['health', 'memory', 'connections', 'quality', 'gaps', 'tab']))
})

test('a cache of this tab can be cleared', async ({ page }) => {
  await page.goto('/#/symbol/ETHUSDT')
  await expect(page.locator('.chart .reading')).toContainText('volume')
  await page.goto('/#/system')
  const row = page.getByRole('row', { name: /^bars/ })
  await expect(row).toContainText('1 / 20')
  await page.getByRole('button', { name: 'Clear bars' }).click()
  await expect(row).toContainText('0 / 20')
})
