import type { CDPSession, Page } from '@playwright/test'
import { crowd } from './crowd'
import { collect, expectSize, heapOf, median } from './measure'
import { CHROMIUM_ARGS } from './browser'
import { expect, ledger, open, test } from './page'

// Machine code that the browser makes of ours, and throws away, is no leak, and larger than what is looked for: 2.7 KB
// a cycle, where without it nothing grows.
test.use({
  launchOptions: {
    executablePath: process.env.CHROMIUM,
    args: [...CHROMIUM_ARGS, '--js-flags=--expose-gc --no-sparkplug --no-maglev --no-opt'],
  },
})

const CYCLES = Number(process.env.LEAK_CYCLES ?? 50)
/** A planted leak shows in fewer; a topic takes 50 handlers. */
const FEW = 15
/** The smallest real leak that was measured takes 37 KB a cycle; what warms up takes less than this. */
const MOST_BYTES_A_CYCLE = 2048
const CLASSES = ['HTMLCanvasElement', 'ResizeObserver', 'WebSocket', 'AbortController']

interface Count {
  heap: number
  nodes: number
  listeners: number
  detached: number
  held: string
  classes: string
}

async function counted(page: Page, cdp: CDPSession): Promise<Count> {
  await collect(page, cdp)
  const { metrics } = await cdp.send('Performance.getMetrics')
  const figure = (name: string) => metrics.find((one) => one.name === name)?.value ?? NaN
  const classes: string[] = []
  for (const name of CLASSES) {
    const { result: prototype } = await cdp.send('Runtime.evaluate', { expression: `${name}.prototype` })
    const { objects } = await cdp.send('Runtime.queryObjects', { prototypeObjectId: prototype.objectId ?? '' })
    const { result } = await cdp.send('Runtime.callFunctionOn', {
      objectId: objects.objectId,
      functionDeclaration: 'function () { return this.length }',
    })
    classes.push(`${name} ${String(result.value)}`)
    await cdp.send('Runtime.releaseObject', { objectId: objects.objectId ?? '' })
    await cdp.send('Runtime.releaseObject', { objectId: prototype.objectId ?? '' })
  }
  // What was reported is kept for the reporter until it is switched off.
  await cdp.send('DOM.enable')
  const { detachedNodes } = await cdp.send('DOM.getDetachedDomNodes')
  await cdp.send('DOM.disable')
  return {
    heap: await heapOf(cdp),
    nodes: figure('Nodes'),
    listeners: figure('JSEventListeners'),
    detached: detachedNodes.length,
    held: JSON.stringify((await ledger(page)).held),
    classes: classes.join(', '),
  }
}

/** Goes through every screen and back, with data flowing. *leak* is called once a cycle, on the last of them. */
async function cycle(page: Page, times: number, leak?: () => void): Promise<void> {
  await page.evaluate(
    async ([count, source]) => {
      const leaking = source ? (new Function(`return (${source})`)() as () => void) : null
      const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
      const links = () => [...document.querySelectorAll<HTMLAnchorElement>('nav a')]
      for (let n = 0; n < Number(count); n += 1) {
        for (const link of links().slice(1)) {
          link.click()
          await pause(260)
        }
        leaking?.()
        links()[0].click()
        await pause(260)
      }
    },
    [String(times), leak ? String(leak) : ''],
  )
}

interface Counts {
  cycles: number
  base: Count
  half: Count
  end: Count
}

async function measured(page: Page, cycles: number, leak?: () => void): Promise<Counts> {
  await open(page)
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable')
  await cdp.send('Runtime.enable')
  await cycle(page, cycles)
  const base = await counted(page, cdp)
  await cycle(page, cycles, leak)
  const half = await counted(page, cdp)
  await cycle(page, cycles, leak)
  const end = await counted(page, cdp)
  process.stdout.write(
    `${((end.heap - half.heap) / cycles / 1024).toFixed(2)} KB a cycle; heap ${(end.heap / 1048576).toFixed(1)} MB; ` +
      `nodes ${base.nodes} ${half.nodes} ${end.nodes}; listeners ${base.listeners} ${half.listeners} ${end.listeners}; ` +
      `detached ${base.detached} ${half.detached} ${end.detached}; ${end.classes}\n`,
  )
  return { cycles, base, half, end }
}

function findings({ cycles, half, end }: Counts): string[] {
  const found: string[] = []
  if ((end.heap - half.heap) / cycles > MOST_BYTES_A_CYCLE) found.push('heap')
  if (end.nodes - half.nodes > cycles / 2) found.push('nodes')
  if (end.listeners - half.listeners > cycles / 10) found.push('listeners')
  if (end.detached > half.detached + 2) found.push('detached')
  if (end.held !== half.held) found.push('ledger')
  if (end.classes !== half.classes) found.push('classes')
  return found
}

test('@leaks a hundred ways through all screens leave nothing behind', async ({ page }) => {
  test.setTimeout(900_000)
  const counts = await measured(page, CYCLES)
  expect(findings(counts)).toEqual([])
  expect(counts.end.heap).toBeLessThan(20 * 1024 * 1024)
})

/** What a part that was forgotten does, once a cycle. */
interface Leak {
  /** Before the page is loaded: what of its own it will not end. */
  plant?: (page: Page) => Promise<unknown>
  leak?: () => void
}

const LEAKS: Record<string, Leak> = {
  'a chart that is not removed': {
    plant: (page) => cut(page, /candle_chart/, /this\.chart\.remove\(\)/),
  },
  'a subscription that is not ended': {
    plant: (page) => cut(page, /shell/, /this\.unsubscribe\(\w+,\w+\)/),
  },
  'a listener of the window that keeps a screen': {
    leak: () => {
      const screen = document.querySelector('main > *')
      window.addEventListener('resize', () => screen?.textContent)
    },
  },
  'a timer that is not stopped': {
    plant: (page) => page.addInitScript(() => (window.clearInterval = () => undefined)),
  },
  'an array of bars that grows': {
    leak: () => {
      const kept = window as unknown as { bars: Float64Array[] }
      ;(kept.bars ??= []).push(new Float64Array(5000).fill(1), new Float64Array(5000).fill(2))
    },
  },
}

/** Takes *what* out of the script whose name matches, as if it had never been written. */
async function cut(page: Page, name: RegExp, what: RegExp): Promise<void> {
  await page.route(new RegExp(`/assets/${name.source}-[^/]*\\.js$`), async (route) => {
    const response = await route.fetch()
    const source = await response.text()
    if (!what.test(source)) throw new Error(`${route.request().url()} has no ${what.source}: the leak is not planted`)
    await route.fulfill({ response, body: source.replace(what, 'void 0') })
  })
}

for (const [name, { plant, leak }] of Object.entries(LEAKS)) {
  test(`@leaks the test above finds ${name}`, async ({ page }) => {
    test.setTimeout(900_000)
    await plant?.(page)
    expect(findings(await measured(page, FEW, leak))).not.toEqual([])
  })
}

const UPDATES = Number(process.env.LEAK_UPDATES ?? 100_000)
const SAMPLES = 10

test(`@leaks ${UPDATES} updates of 560 markets leave the heap as it was`, async ({ page }) => {
  test.setTimeout(900_000)
  await crowd(page, 560, 4)
  await page.setViewportSize({ width: 1440, height: 900 })
  await open(page)
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable')
  await cdp.send('Runtime.enable')
  const counts: Count[] = []
  for (let n = 0; n < SAMPLES; n += 1) {
    const rate = await page.evaluate((updates) => window.flood(updates), UPDATES / SAMPLES)
    counts.push(await counted(page, cdp))
    process.stdout.write(`${rate.toFixed(0)} updates a second; heap ${(counts[n].heap / 1048576).toFixed(2)} MB\n`)
  }
  const { messages } = (await ledger(page)).stores
  expect(messages.received).toBeGreaterThanOrEqual(UPDATES)
  expect(messages.dropped).toBe(0)
  expect(messages.holes).toBe(0)
  const [half, end] = [counts[SAMPLES / 2 - 1], counts[SAMPLES - 1]]
  const grown = slope(counts.slice(SAMPLES / 2).map((one) => one.heap))
  expectSize('growth for 1,000 updates', (1000 * SAMPLES * grown) / UPDATES, 2048, 'B')
  for (const what of ['nodes', 'listeners', 'detached', 'classes', 'held'] as const) expect(end[what], what).toBe(half[what])
})

/** By how much *values* grow from one to the next: the median of all pairs (Theil and Sen). */
function slope(values: readonly number[]): number {
  const found: number[] = []
  for (let b = 1; b < values.length; b += 1) {
    for (let a = 0; a < b; a += 1) found.push((values[b] - values[a]) / (b - a))
  }
  return median(found)
}
