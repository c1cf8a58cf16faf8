import type { Page } from '@playwright/test'
import { expect, faults, forgive, open, test, wire } from './page'

const SCREENS = [
  'market', 'market?view=heat', 'market?view=movers', 'symbol/BTCUSDT', 'structure', 'signals', 'alerts', 'backtests',
  'backtests?new=1', 'system', 'settings',
]
/** Where what was seen is kept for a review. */
const FOLDER = '../build/dashboard'

interface State {
  name: string
  /** Brings the screen about and into this state. */
  reach: (page: Page, hash: string) => Promise<void>
}

const settled = (page: Page) => page.waitForTimeout(2500)

async function failing(page: Page): Promise<void> {
  await page.route('**/api/v1/**', (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: JSON.stringify({ title: 'Busy', status: 503, detail: 'all that may be asked at once is asked' }),
    }),
  )
}

const STATES: readonly State[] = [
  {
    name: 'live',
    reach: async (page, hash) => {
      await open(page, hash)
      await settled(page)
    },
  },
  {
    name: 'narrow',
    reach: async (page, hash) => {
      await page.setViewportSize({ width: 320, height: 640 })
      await open(page, hash)
      await settled(page)
    },
  },
  {
    name: 'loading',
    reach: async (page, hash) => {
      const hand = await wire(page)
      hand.hold(true)
      await page.route('**/api/v1/**', () => undefined)
      await page.goto(`/${hash}`)
      await page.waitForTimeout(4500)
    },
  },
  {
    name: 'error',
    reach: async (page, hash) => {
      const hand = await wire(page)
      hand.refuse(true)
      await failing(page)
      await page.goto(`/${hash}`)
      await settled(page)
    },
  },
  {
    name: 'stale',
    reach: async (page, hash) => {
      const hand = await wire(page)
      await open(page, hash)
      await settled(page)
      hand.hold(true)
      await failing(page)
      await expect(page.locator('.status .link')).toContainText('stale')
      await settled(page)
    },
  },
  {
    name: 'reconnecting',
    reach: async (page, hash) => {
      const hand = await wire(page)
      await open(page, hash)
      await settled(page)
      hand.refuse(true)
      await hand.cut()
      await expect(page.locator('.status .link')).toContainText('disconnected')
      await page.waitForTimeout(5000)
    },
  },
]

/** Colours are the same in every state but where figures are old. */
const IN_LIGHT = ['live', 'stale']

for (const theme of ['dark', 'light']) {
  for (const screen of SCREENS) {
    for (const { name, reach } of STATES.filter((one) => theme === 'dark' || IN_LIGHT.includes(one.name))) {
      test(`@slow ${screen} ${name} in ${theme} is accessible, and kept as a picture`, async ({ page, complaints }) => {
        await page.addInitScript((chosen) => {
          localStorage.setItem('tidemark.settings', JSON.stringify({ theme: chosen }))
        }, theme)
        await reach(page, `#/${screen}`)
        await page.screenshot({ path: `${FOLDER}/${screen.replace(/\W+/g, '-')}-${name}-${theme}.png` })
        expect(await faults(page)).toEqual([])
        expect(await page.locator('body').innerText()).not.toMatch(/NaN|undefined|Infinity/)
        await page.unrouteAll({ behavior: 'ignoreErrors' })
        forgive(complaints, 503)
      })
    }
  }
}
