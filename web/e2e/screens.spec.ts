import { expect, faults, open, test } from './page'

const SCREENS = ['market', 'symbol/BTCUSDT', 'system', 'settings']

async function has(page: import('@playwright/test').Page, screen: string): Promise<boolean> {
  await open(page)
  return (await page.locator(`nav a[href^="#/${screen.split('/')[0]}"]`).count()) > 0
}

for (const screen of SCREENS) {
  test(`${screen} loads, takes the focus and is what the title says`, async ({ page }) => {
    test.skip(!(await has(page, screen)), 'not a screen of this build')
    await page.locator(`nav a[href^="#/${screen.split('/')[0]}"]`).click()
    await expect(page.locator('main h1')).toHaveCount(1)
    await expect(page).toHaveTitle(/ · Tidemark$/)
    await expect(page.locator('nav a[aria-current=page]')).toHaveCount(1)
    await page.waitForTimeout(1500)
    expect(await page.locator('main').innerText()).not.toContain('NaN')
  })

  for (const theme of ['dark', 'light']) {
    test(`${screen} is accessible in ${theme}`, async ({ page }) => {
      await page.addInitScript((chosen) => {
        localStorage.setItem('tidemark.settings', JSON.stringify({ theme: chosen }))
      }, theme)
      test.skip(!(await has(page, screen)), 'not a screen of this build')
      await page.goto(`/#/${screen}`)
      await page.waitForTimeout(2500)
      expect(await faults(page)).toEqual([])
    })
  }

  test(`${screen} fits into 320 px`, async ({ page }) => {
    await page.setViewportSize({ width: 320, height: 640 })
    test.skip(!(await has(page, screen)), 'not a screen of this build')
    await page.goto(`/#/${screen}`)
    await page.waitForTimeout(1500)
    const [inner, outer] = await page.evaluate(() => {
      const main = document.querySelector('main')
      return [Math.max(document.documentElement.scrollWidth, main?.scrollWidth ?? 0), innerWidth]
    })
    expect(inner).toBeLessThanOrEqual(outer)
    expect(await faults(page)).toEqual([])
  })
}

test('everything that the first load asks for is little', async ({ page }) => {
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await open(page)
  expect(asked.filter((url) => !url.includes('/api/') && !url.includes('/ws')).length).toBeLessThanOrEqual(8)
})
