import type { Browser, Page } from '@playwright/test'
import { crowd } from './crowd'
import { felt, watchFirstLook, type Felt } from './first_look'
import { collect, expectSize, expectTime, heapOf, mainThread, median, RUNS } from './measure'
import { expect, ledger, listen, open, test } from './page'

const MB = 1024 * 1024
const MARKETS = 560
const THROTTLE = 4

interface Look {
  screen: string
  hash: string
  /** Until all of it is there. */
  drawn: (page: Page) => Promise<void>
  /** What a user does then. */
  use: (page: Page) => Promise<void>
}

const LOOKS: readonly Look[] = [
  {
    screen: 'Market',
    hash: '#/market',
    drawn: (page) => expect(page.locator('.grid .rows .row').nth(20)).toBeVisible(),
    use: async (page) => {
      const row = page.locator('.grid .rows .row').nth(3)
      for (const act of [
        () => page.getByRole('columnheader', { name: '24h %' }).getByRole('button').click(),
        () => page.getByRole('searchbox').pressSequentially('sol', { delay: 200 }),
        () => page.keyboard.press('Escape'),
        () => row.click(),
        () => page.keyboard.press('ArrowDown'),
        () => page.keyboard.press('PageDown'),
        () => page.keyboard.press('Home'),
      ]) {
        await act()
        await page.waitForTimeout(400)
      }
      await page.getByRole('link', { name: 'ETHUSDT' }).first().click()
      await expect(page).toHaveURL(/#\/symbol\/ETHUSDT/)
    },
  },
  {
    screen: 'Symbol',
    hash: '#/symbol/BTCUSDT',
    drawn: (page) => expect(page.locator('.chart .reading')).toContainText('volume'),
    use: async (page) => {
      for (const key of ['ArrowLeft', 'ArrowLeft', '+', '-', '3', 'e', 'e', ']']) {
        await page.keyboard.press(key)
        await page.waitForTimeout(400)
      }
    },
  },
]

async function looked(browser: Browser, look: Look, complaints: string[]): Promise<Felt> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    listen(page, complaints)
    await watchFirstLook(page)
    const cdp = await context.newCDPSession(page)
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: THROTTLE })
    const [worked, passed] = [await mainThread(page), await mainThread(page, 'timeTicks')]
    await open(page, look.hash)
    await look.drawn(page)
    await page.waitForTimeout(1000)
    const stretch = Math.max(1, (await passed()) / (await worked()))
    const [clocked, first] = [await felt(page, 1), await felt(page, stretch)]
    await look.use(page)
    await page.waitForTimeout(1000)
    const [clockedMs, { answerMs }] = [(await felt(page, 1)).answerMs, await felt(page, stretch)]
    process.stdout.write(
      `${look.screen} by the clock: LCP ${clocked.largestMs.toFixed(0)}, TBT ${clocked.blockedMs.toFixed(0)}, ` +
        `INP ${clockedMs} ms, which other work had made ${stretch.toFixed(2)} times as long\n`,
    )
    return { ...first, answerMs }
  } finally {
    await context.close()
  }
}

for (const look of LOOKS) {
  test(`a first look at ${look.screen}, with a processor four times as slow`, async ({ browser, complaints }) => {
    test.setTimeout(180_000)
    const runs: Felt[] = []
    for (let n = 0; n < RUNS; n += 1) runs.push(await looked(browser, look, complaints))
    const all = (name: keyof Felt) => runs.map((one) => one[name])
    expectTime(`${look.screen}: the largest part is there (LCP)`, all('largestMs'), 1200, 'ms')
    expectTime(`${look.screen}: blocked (TBT)`, all('blockedMs'), 400, 'ms')
    expectTime(`${look.screen}: the slowest answer (INP)`, all('answerMs'), 100, 'ms')
    expectSize(`${look.screen}: moved (CLS)`, median(all('shift')), 0.02, '')
  })
}

interface Cost {
  frameMs: number
  share: number
}

async function cost(page: Page, seconds: number): Promise<Cost> {
  const spent = await mainThread(page)
  const drawn = async () => (await ledger(page)).stores.frames.drawn
  const [spentBefore, drawnBefore, from] = [await spent(), await drawn(), performance.now()]
  await page.waitForTimeout(1000 * seconds)
  const [spentAfter, drawnAfter, to] = [await spent(), await drawn(), performance.now()]
  expect(drawnAfter - drawnBefore).toBeGreaterThan(2 * seconds)
  return {
    frameMs: (1000 * (spentAfter - spentBefore)) / (drawnAfter - drawnBefore),
    share: (100_000 * (spentAfter - spentBefore)) / (to - from),
  }
}

async function costs(page: Page, what: string, share: number): Promise<void> {
  await page.waitForTimeout(3000)
  const runs: Cost[] = []
  for (let n = 0; n < RUNS; n += 1) runs.push(await cost(page, 4))
  expectTime(`${what}: a frame`, runs.map((one) => one.frameMs), 25, 'ms of the main thread')
  expectTime(`${what}: in all`, runs.map((one) => one.share), share, '% of a core')
}

for (const view of ['table', 'heat', 'movers']) {
  test(`${view === 'table' ? '' : '@slow '}${MARKETS} markets, each of them changed four times a second: the ${view}`, async ({ page }) => {
    await crowd(page, MARKETS, 4)
    // Below the width at which a preview asks the server for a market that it does not have.
    await page.setViewportSize({ width: 1440, height: 900 })
    await open(page, view === 'table' ? '#/market' : `#/market?view=${view}`)
    await expect.poll(async () => (await ledger(page)).stores.markets.size).toBe(MARKETS)
    await costs(page, `${MARKETS} markets, ${view}`, 10)
  })
}

test('a market that is looked at costs no more', async ({ page }) => {
  await open(page, '#/symbol/BTCUSDT')
  await expect(page.locator('.chart .reading')).toContainText('volume')
  await costs(page, 'Symbol', 10)
})

test('the heap of the market after it was collected, and the peak of a symbol', async ({ page }) => {
  await crowd(page, MARKETS, 4)
  await page.setViewportSize({ width: 1440, height: 900 })
  await open(page)
  const cdp = await page.context().newCDPSession(page)
  await page.waitForTimeout(5000)
  await collect(page, cdp)
  expectSize('heap of Market, collected', (await heapOf(cdp)) / MB, 20, 'MB')

  await page.goto('/#/symbol/BTCUSDT')
  let peak = 0
  for (let n = 0; n < 36; n += 1) {
    if (n % 12 === 6) await page.keyboard.press(String(1 + (n % 5)))
    await page.waitForTimeout(250)
    peak = Math.max(peak, await heapOf(cdp))
  }
  expectSize('heap of Symbol, at its peak', peak / MB, 60, 'MB')
})

test('everything that the first load asks for is little', async ({ page }) => {
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await open(page)
  expect(asked.filter((url) => !url.includes('/api/') && !url.includes('/ws')).length).toBeLessThanOrEqual(8)
})
