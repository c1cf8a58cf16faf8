import { expect, ledger, open, test } from './page'

const FRAME_MS = 25

/** CPU time of the page's main thread for each frame that it drew, whatever else the machine does. */
for (const view of ['table', 'heat', 'movers']) {
  test(`a frame of the ${view} costs at most ${FRAME_MS} ms of the main thread`, async ({ page }) => {
    await open(page, view === 'table' ? '#/market' : `#/market?view=${view}`)
    await page.waitForTimeout(4000)
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
    const spent = async () => {
      const { metrics } = await cdp.send('Performance.getMetrics')
      return metrics.find((one) => one.name === 'TaskDuration')?.value ?? NaN
    }
    const drawn = async () => (await ledger(page)).stores.frames.drawn
    const [spentBefore, drawnBefore] = [await spent(), await drawn()]
    await page.waitForTimeout(10_000)
    const [spentAfter, drawnAfter] = [await spent(), await drawn()]

    const frames = drawnAfter - drawnBefore
    const cost = (1000 * (spentAfter - spentBefore)) / frames
    process.stdout.write(`${view}: ${cost.toFixed(1)} ms a frame, ${frames} frames in 10 s\n`)
    expect(frames).toBeGreaterThan(10)
    expect(cost).toBeLessThanOrEqual(FRAME_MS)
  })
}

test('what a first look costs: little shifts, and the table is there soon', async ({ page }) => {
  await page.addInitScript(() => {
    const seen = { shift: 0 }
    Object.assign(window, { seen })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.shift += (entry as unknown as { value: number }).value
    }).observe({ type: 'layout-shift', buffered: true })
  })
  await open(page)
  await page.waitForTimeout(2000)
  const shift = await page.evaluate(() => (window as unknown as { seen: { shift: number } }).seen.shift)
  process.stdout.write(`layout shift ${shift.toFixed(4)}\n`)
  expect(shift).toBeLessThanOrEqual(0.02)
})
