import { expect, faults, test } from './page'

test('a choice is a draft until it is applied, and then it is kept', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.goto('/#/settings')
  await page.getByRole('radio', { name: 'Light', exact: true }).check()
  await page.getByRole('radio', { name: 'Green, red' }).check()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await expect(page.getByRole('table', { name: 'Changes' }).getByRole('row')).toHaveCount(3)
  expect(await faults(page)).toEqual([])
  await page.getByRole('button', { name: 'Apply 2 changes' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')
  await expect(page.locator('.client')).toContainText('Applied and kept in this browser')
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('data-colours', 'green-red')
})

test('a draft that is discarded changes nothing', async ({ page }) => {
  await page.goto('/#/settings')
  await page.getByRole('radio', { name: '1 Hz' }).check()
  await page.getByRole('button', { name: 'Discard' }).click()
  await expect(page.getByRole('radio', { name: '4 Hz' })).toBeChecked()
  await expect(page.getByRole('button', { name: 'Apply' })).toBeDisabled()
})

test('settings of the process are found by any word, and the address keeps the search', async ({ page }) => {
  await page.goto('/#/settings')
  const search = page.getByRole('searchbox', { name: /Search settings/ })
  await search.fill('whole budget memory')
  await expect(page.locator('.server tbody tr code')).toHaveText(['memory.budget'])
  await expect(page).toHaveURL(/q=whole/)
  await search.fill('nothing is called so')
  await expect(page.locator('.server')).toContainText('No setting has')
  await page.getByRole('button', { name: 'Show all' }).click()
  await expect(page.locator('.server tbody tr code').nth(20)).toBeVisible()
})
