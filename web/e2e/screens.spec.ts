import { expect, faults, open, test } from './page'

const SCREENS = ['market', 'symbol/BTCUSDT', 'structure', 'signals', 'alerts', 'backtests', 'system', 'settings']
/** More than any screen has; the tab key comes to the end of the page before. */
const MOST_STOPS = 150

for (const screen of SCREENS) {
  test(`${screen} loads, takes the focus and is what the title says`, async ({ page }) => {
    await open(page)
    await page.locator(`nav a[href^="#/${screen.split('/')[0]}"]`).click()
    await expect(page.locator('main h1')).toHaveCount(1)
    await expect(page).toHaveTitle(/ · Tidemark$/)
    await expect(page.locator('nav a[aria-current=page]')).toHaveCount(1)
    await page.waitForTimeout(1500)
    expect(await page.locator('main').innerText()).not.toContain('NaN')
  })

  for (const theme of ['dark', 'light']) {
    test(`${theme === 'light' ? '@slow ' : ''}${screen} is accessible in ${theme}`, async ({ page }) => {
      await page.addInitScript((chosen) => {
        localStorage.setItem('tidemark.settings', JSON.stringify({ theme: chosen }))
      }, theme)
      await open(page, `#/${screen}`)
      await page.waitForTimeout(2500)
      expect(await faults(page)).toEqual([])
    })
  }

  test(`${screen} fits into 320 px`, async ({ page }) => {
    await page.setViewportSize({ width: 320, height: 640 })
    await open(page, `#/${screen}`)
    await page.waitForTimeout(1500)
    const [inner, outer] = await page.evaluate(() => {
      const main = document.querySelector('main')
      return [Math.max(document.documentElement.scrollWidth, main?.scrollWidth ?? 0), innerWidth]
    })
    expect(inner).toBeLessThanOrEqual(outer)
    expect(await faults(page)).toEqual([])
  })
}

for (const screen of SCREENS) {
  test(`${screen} is walked through with the tab key, and the focus is seen`, async ({ page }) => {
    await open(page, `#/${screen}`)
    await expect(page.locator('main h1')).toHaveCount(1)
    await page.waitForTimeout(1500)
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    const walked: string[] = []
    for (let n = 0; n < MOST_STOPS; n += 1) {
      await page.keyboard.press('Tab')
      const stop = await page.evaluate(() => {
        const element = document.activeElement
        if (!element || element === document.body) return null
        const { left, right, top, bottom, width, height } = element.getBoundingClientRect()
        const style = getComputedStyle(element)
        const isSeen = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight && width * height > 0
        const isMarked = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
        const name = `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent ?? ''}`
        return { name: name.trim().slice(0, 60), isSeen, isMarked }
      })
      if (!stop) break
      walked.push(stop.name)
      expect(stop, `stop ${n}`).toMatchObject({ isSeen: true, isMarked: true })
    }
    expect(walked.length).toBeGreaterThan(8)
    expect(walked.length).toBeLessThan(MOST_STOPS)
  })
}
