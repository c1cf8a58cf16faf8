import type { Page } from '@playwright/test'
import { expect, faults, forgive, open, test } from './page'

interface Columns {
  open_time_ms: number[]
  high: number[]
  low: number[]
  close: number[]
}

const RULES = [
  { rule: 'penetration', text: 'how far it went through the ice', measured: 0.012, sense: '<=', threshold: 0.05, unit: '%',
    passed: true, required: true },
  { rule: 'volume', text: 'volume against the usual', measured: 1.4, sense: '<=', threshold: 0.7, unit: '', passed: false,
    required: false },
]

const JUDGED = [
  {
    rule: 'spring_long',
    checks: [
      { validator: 'volume', figure: 'volume', text: 'volume against the usual', measured: 0.9, sense: '<=', threshold: 1.5,
        passed: true },
      { validator: 'phase', figure: 'phase', text: 'phase, of which 3 is C', measured: 3, sense: '>=', threshold: 3,
        passed: true },
      { validator: 'level', figure: 'quality', text: 'quality of the range', measured: 43, sense: '>=', threshold: 50,
        passed: false },
    ],
  },
]

/** What is said of a range over the last sixty candles of *columns*: such ranges are too seldom to be waited for. */
function reading(columns: Columns, given: object = {}): object {
  const count = columns.open_time_ms.length
  const at = (back: number) => columns.open_time_ms[count - back]
  const last = (values: number[], from: number, to: number) => values.slice(count - from, count - to)
  const creek = Math.max(...last(columns.high, 55, 10)) * 0.999
  const ice = Math.min(...last(columns.low, 55, 10)) * 1.001
  const event = (name: string, title: string, back: number, level: number, more: object = {}) => ({
    id: `${name.toLowerCase()}-${back}`, name, title, direction: 1, phase: 'C', at_ms: at(back), confirmed_ms: at(back - 2),
    level, confidence: 0.72, is_withdrawn: false, revision: null, range_id: 1, rules: RULES, facts: {}, ...more,
  })
  const box = Math.log(1.001)
  const boxed = (value: number) => Math.exp(Math.round(Math.log(value) / box) * box)
  const column = (kind: string, low: number, high: number, back: number) => ({
    kind, low: boxed(low), high: boxed(high), begin_ms: at(back), end_ms: at(back - 5),
  })
  return {
    as_of_ms: at(1), bars: 480, warm_up: 100, profile: 'crypto 1', phase: 'C', direction: 1,
    range: {
      id: 1, origin: 'selling climax', begin_ms: at(60), bars: 60, creek, ice, width_atr: 5.2, phase: 'C',
      phase_since_ms: at(15), likelihoods: { A: 0.02, B: 0.2, C: 0.7, D: 0.05, E: 0.03 }, broken: 0, touches: [3, 2],
      contained: 0.94, is_confirmed: false, quality: 67,
      parts: [
        { name: 'duration', points: 20, most: 20, measured: 60, unit: 'bars' },
        { name: 'touches', points: 12, most: 25, measured: 3, unit: 'in turn' },
        { name: 'volume drying up', points: 4, most: 15, measured: 0.12, unit: 'less at its end' },
      ],
      phases: [
        { phase: 'A', begin_ms: at(60), end_ms: at(42), entered: 'SC, AR and ST: the trend is stopped', left: 'ST' },
        { phase: 'B', begin_ms: at(42), end_ms: at(15), entered: 'the ST held: the cause begins', left: 'SPRING' },
        { phase: 'C', begin_ms: at(15), end_ms: null, entered: 'SPRING: the ice gave way, and the price came back', left: null },
      ],
    },
    events: [
      event('SC', 'selling climax', 58, ice, { phase: 'A' }),
      event('AR', 'automatic rally', 50, creek, { phase: 'A' }),
      event('ST', 'secondary test', 43, ice, { phase: 'A' }),
      event('UT', 'upthrust', 30, creek, { phase: 'B', direction: -1, is_withdrawn: true }),
      event('SPRING', 'spring', 14, ice * 0.999, {
        revision: {
          what: 'deeper', words: 'it went deeper, from 99 to 98', known_ms: at(12), from_ms: at(14), to_ms: at(13),
          from_level: 99, to_level: 98,
        },
      }),
      event('TEST', 'test of the spring', 10, ice),
    ],
    past: [{ id: 0, begin_ms: at(120), ended_ms: at(80), creek: creek * 1.01, ice: creek, direction: -1, end: 'left', phases: [],
      reason: 'the price left below the ice and stayed away' }],
    schematic: {
      template: 'ACCUMULATION_1', direction: 1, score: 0.81,
      points: [[at(58), ice], [at(50), creek], [at(43), ice], [at(14), ice * 0.998], [at(10), ice]],
      missing: ['SOS', 'LPS'],
    },
    cause: {
      direction: 1, box_percent: 0.1, reversal: 3, columns: 4, line: ice, conservative: creek * 1.004,
      halfway: creek * 1.006, maximum: creek * 1.008, is_whole: false,
      chart: [
        column('O', ice, creek, 58), column('X', ice * 1.001, creek, 50), column('O', ice, creek * 0.999, 43),
        column('X', ice * 1.001, creek * 0.999, 30), column('O', ice * 0.999, creek * 0.998, 14),
      ],
    },
    jump: creek * 1.02,
    candidate: { name: 'SC', title: 'selling climax', direction: 1, at_ms: at(4), level: columns.low[count - 4], reaction: null, revisions: [] },
    waiting: 'a SC at 98 3 bars ago; its AR is still to come',
    next: ['SOS: a wide close above the creek on 1.5 times the usual volume'],
    ...given,
  }
}

/** Answers for the structure of ETHUSDT behind a moment that is now. */
async function structured(page: Page, given: object = {}, higher: object | null = null): Promise<void> {
  const answer = await page.request.get('/api/v1/symbols/ETHUSDT/candles?timeframe=15m&limit=200')
  const { columns } = (await answer.json()) as { columns: Columns }
  await page.route('**/api/v1/symbols/ETHUSDT/wyckoff?*', (route) =>
    route.fulfill({
      json: {
        as_of_ms: Date.now(), symbol: 'ETHUSDT', timeframe: new URL(route.request().url()).searchParams.get('timeframe'),
        timeframes: ['15m', '1h', '4h', '1d'], higher, reading: reading(columns, given),
        judged: JUDGED,
      },
    }),
  )
}

async function look(page: Page, query = '?tf=15m'): Promise<void> {
  await page.goto(`/#/symbol/ETHUSDT${query}`)
  await expect(page.locator('.chart .candles')).toHaveAttribute('aria-busy', 'false')
  await expect(page.locator('.structure')).toHaveAttribute('aria-busy', 'false')
}

/** How many pixels of the candles have the colour that the page calls *name*. */
async function pixels(page: Page, name: string): Promise<number> {
  return page.locator('.chart .candles').evaluate((element, wanted) => {
    const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${wanted}`).trim()
    const [red, green, blue] = [1, 3, 5].map((from) => parseInt(hex.slice(from, from + 2), 16))
    let found = 0
    for (const canvas of element.querySelectorAll('canvas')) {
      const context = canvas.getContext('2d')
      if (!context || canvas.width === 0 || canvas.height === 0) continue
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
      for (let n = 0; n < data.length; n += 4) {
        const [r, g, b] = data.subarray(n, n + 3)
        // A dashed line of one pixel lies between two rows of them.
        found += Number(Math.abs(r - red) + Math.abs(g - green) + Math.abs(b - blue) < 24)
      }
    }
    return found
  }, name)
}

test('a structure is drawn on its candles, a key takes it away, and the address says so', async ({ page }) => {
  await structured(page)
  await look(page)
  await expect.poll(() => pixels(page, 'warn')).toBeGreaterThan(20)
  await page.locator('main h1').focus()
  await page.keyboard.press('w')
  await expect(page).toHaveURL(/structure=off/)
  await expect.poll(() => pixels(page, 'warn')).toBeLessThan(5)
  await page.reload()
  const toggle = page.locator('.chart').getByRole('button', { name: 'Structure' })
  await expect(toggle).toHaveAttribute('aria-pressed', 'false')
  await page.locator('main h1').focus()
  await page.keyboard.press('w')
  await expect(toggle).toHaveAttribute('aria-pressed', 'true')
  await expect.poll(() => pixels(page, 'warn')).toBeGreaterThan(20)
})

test('the panel says the phase, the range, its quality, and what to watch', async ({ page }) => {
  await structured(page, {}, { timeframe: '1h', phase: 'B', direction: -1, agrees: false })
  await look(page)
  const panel = page.locator('.structure')
  await expect(panel).toContainText('Phase C')
  await expect(panel).toContainText('▲ leans up')
  await expect(panel.getByRole('list', { name: 'Likelihood of each phase' }).getByRole('listitem')).toHaveCount(5)
  await expect(panel).toContainText('Target by its length')
  await expect(panel).toContainText('Quality 67 of 100')
  await expect(panel).toContainText('3 of the ice, 2 of the creek')
  await expect(panel).toContainText('Accumulation 1, likeness 81 %')
  await expect(panel).toContainText('Not seen yet: SOS, LPS.')
  await expect(panel).toContainText('Waiting, nothing is confirmed: a SC at 98 3 bars ago')
  await expect(panel).toContainText('✕ against 1h: phase B, ▼ down')
  await expect(panel).toContainText('Not confirmed: each side is still to be touched twice, in turn.')
  const phases = panel.getByRole('list', { name: 'Phases of the range, and why each was entered' }).getByRole('listitem')
  await expect(phases).toHaveText([/^A since .*, until/, /^B since .*, until/, /^C since .*: SPRING: the ice gave way/])
  expect(await faults(page)).toEqual([])
})

test('an event opens its rules with Enter, and the address says which', async ({ page }) => {
  await structured(page)
  await look(page)
  const panel = page.locator('.structure')
  const buttons = panel.locator('.events th > button')
  await expect(buttons).toHaveCount(6)
  await expect(buttons.first()).toContainText('TEST')
  await buttons.first().focus()
  await page.keyboard.press('ArrowDown')
  await expect(buttons.nth(1)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/event=spring-14/)
  const rules = panel.getByRole('table', { name: 'Rules of this spring' })
  await expect(rules.getByRole('row', { name: /how far it went/ })).toContainText('1.207 %')
  await expect(rules.getByRole('row', { name: /how far it went/ })).toContainText('✓ passed, required')
  await expect(rules.getByRole('row', { name: /volume against/ })).toContainText('not passed, not required')
  await expect(panel).toContainText('It does not say how often the price went on')
  await expect(panel).toContainText(/Revised at the close of the bar of .*: it went deeper, from 99 to 98\./)
  await expect(panel).toContainText('As a trade: refused by level: quality of the range 43 < 50.')
  const checks = panel.getByRole('table', { name: 'Checks of a trade on this spring' })
  await expect(checks.getByRole('row', { name: /level: quality of the range/ })).toContainText('✕ refused')
  await expect(checks.getByRole('row', { name: /phase: phase/ })).toContainText('at least C')
  expect(await faults(page)).toEqual([])
  await page.keyboard.press('Enter')
  await expect(page).not.toHaveURL(/event=/)
})

test('a click on a label on the chart opens its rules', async ({ page }) => {
  test.slow()
  await structured(page)
  await look(page)
  await expect.poll(() => pixels(page, 'warn')).toBeGreaterThan(20)
  const candles = page.locator('.chart .candles')
  const box = (await candles.boundingBox())!
  const isLabel = () => candles.evaluate((one) => [...one.querySelectorAll('td, div')]
    .some((element) => (element as HTMLElement).style.cursor === 'pointer'))
  // A label is higher than these rows are apart, and wider than the steps in them.
  search: for (let y = box.y + 12; y < box.y + 0.7 * box.height; y += 12) {
    for (let x = box.x + 0.45 * box.width; x < box.x + 0.95 * box.width; x += 24) {
      await page.mouse.move(x, y)
      if (!(await isLabel())) continue
      await page.mouse.click(x, y)
      // The address follows behind the paint.
      if (await page.waitForURL(/event=/, { timeout: 500 }).then(() => true, () => false)) break search
    }
  }
  await expect(page).toHaveURL(/event=(sc|ar|st|ut|spring|test)-/)
  await expect(page.locator('.structure .rules')).toHaveCount(1)
})

test('the cause is drawn as a point and figure chart, and is there as a table', async ({ page }) => {
  await structured(page)
  await look(page)
  await page.locator('.structure').getByRole('button', { name: 'Point and figure' }).click()
  await expect(page).toHaveURL(/part=figure/)
  await expect(page.getByRole('img', { name: /Point and figure chart of 5 columns.*count line.*maximum/ })).toBeVisible()
  await expect(page.locator('.cause')).toContainText('do not reach back to where the range began')
  expect(await faults(page)).toEqual([])
  await page.locator('.cause').getByRole('button', { name: 'Table' }).click()
  await expect(page.getByRole('table', { name: /newest 60 columns/ }).locator('tbody tr')).toHaveCount(5)
  expect(await faults(page)).toEqual([])
})

test('as of a moment before, only the events that were known then are shown', async ({ page }) => {
  await structured(page)
  await look(page)
  for (let n = 0; n < 2; n += 1) await page.getByRole('button', { name: '10 candles back' }).click()
  const panel = page.locator('.structure')
  await expect(panel).toContainText('only the events that were known then are shown')
  await expect(panel.locator('.events th > button')).toHaveCount(4)
  await expect(panel).not.toContainText('withdrawn')
  expect(await faults(page)).toEqual([])
})

const NO_RANGE = { range: null, phase: '', direction: 0, events: [], schematic: null, cause: null, jump: null, candidate: null, next: [] }

test('where there is no range it says why, on a narrow screen as well', async ({ page }) => {
  await structured(page, { ...NO_RANGE, waiting: null })
  await page.setViewportSize({ width: 320, height: 640 })
  await look(page)
  const panel = page.locator('.structure')
  await expect(panel).toContainText('No trading range on 15m: the market trends, or its turns do not hold.')
  await expect(panel).toContainText('Read: 480 bars')
  await expect(panel).toContainText('▼ the price left below the ice and stayed away')
  await expect(panel).toContainText('No event has been confirmed yet.')
  expect(await page.evaluate(() => document.querySelector('main')?.scrollWidth)).toBeLessThanOrEqual(320)
  expect(await faults(page)).toEqual([])
})

test('a range fits on a narrow screen, with an event open and with the figure', async ({ page }) => {
  await structured(page)
  await page.setViewportSize({ width: 320, height: 640 })
  for (const query of ['?tf=15m&event=spring-14', '?tf=15m&part=figure']) {
    await look(page, query)
    await page.waitForTimeout(500)
    expect(await page.evaluate(() => document.querySelector('main')?.scrollWidth)).toBeLessThanOrEqual(320)
    expect(await faults(page)).toEqual([])
  }
})

test('while it warms up it says how far it is, and of other candles what is read', async ({ page }) => {
  await structured(page, { ...NO_RANGE, bars: 64, past: [], waiting: null })
  await look(page)
  await expect(page.locator('.structure')).toContainText('Warming up: 64 of 100 bars of 15m were read.')
  await page.keyboard.press('1')
  await expect(page.locator('.structure')).toContainText('Structure is not read on 1m: this is that of 15m')
  await page.locator('.structure').getByRole('button', { name: 'Look at 15m' }).click()
  await expect(page).toHaveURL(/tf=15m/)
})

test('a structure that cannot be asked for leaves the chart alive', async ({ page, complaints }) => {
  const problem = (status: number, detail: string) => ({
    status, contentType: 'application/problem+json', body: JSON.stringify({ title: 'No', status, detail }),
  })
  await page.route('**/wyckoff?*', (route) => route.fulfill(problem(503, 'all that may be asked at once is asked')))
  await page.goto('/#/symbol/ETHUSDT?tf=5m')
  await expect(page.locator('.structure')).toContainText('all that may be asked at once is asked')
  await expect(page.locator('.chart .reading')).toContainText('volume')
  expect(await faults(page)).toEqual([])
  forgive(complaints, 503)
  await page.route('**/wyckoff?*', (route) => route.fulfill(problem(404, 'structure is not read in 5m candles')))
  await page.locator('.structure').getByRole('button', { name: 'Retry' }).click()
  await expect(page.locator('.structure').getByRole('button', { name: 'Look at 1h' })).toBeVisible()
  expect(await faults(page)).toEqual([])
  forgive(complaints, 404)
})

function scanned(symbol: string, given: object = {}): object {
  return {
    symbol, phase: 'C', direction: 1, likelihood: 0.7, quality: 66, creek: 110, ice: 100, price: 105,
    schematic: 'RE_ACCUMULATION', score: 0.8,
    newest: { name: 'SPRING', direction: 1, confirmed_ms: Date.now() - 7_200_000, bars_ago: 2, level: 99, confidence: 0.7 },
    higher: { timeframe: '4h', phase: 'B', direction: 1, agrees: true }, ...given,
  }
}

const UTAD = { name: 'UTAD', direction: -1, confirmed_ms: Date.now() - 3_600_000, bars_ago: 1, level: 111, confidence: 0.6 }
const TREND = {
  phase: '', direction: 0, likelihood: null, quality: null, creek: null, ice: null, schematic: null, score: null,
  newest: null, higher: null,
}

/** Answers for a scan of all markets; gives the addresses that were asked. */
async function scan(page: Page, rows: object[], warming = 0): Promise<string[]> {
  const asked: string[] = []
  await page.route('**/api/v1/wyckoff/scan?*', (route) => {
    const url = new URL(route.request().url())
    asked.push(url.search)
    return route.fulfill({
      json: {
        as_of_ms: Date.now(), timeframe: url.searchParams.get('timeframe'), timeframes: ['15m', '1h', '4h', '1d'], rows,
        warming_up: warming, watched: rows.length + warming,
      },
    })
  })
  return asked
}

const THREE = [
  scanned('BTCUSDT'),
  scanned('ETHUSDT', { direction: -1, newest: UTAD, schematic: 'DISTRIBUTION_1' }),
  scanned('SOLUSDT', TREND),
]

test('all markets stand side by side, the newest event first, and open with their candles', async ({ page }) => {
  const asked = await scan(page, THREE, 4)
  await open(page, '#/structure')
  await expect(page.locator('main')).toContainText('2 of 7 markets are in a trading range on 1h; 4 have too few candles yet')
  const rows = page.locator('.grid .rows .row')
  await expect(rows).toHaveCount(3)
  await expect(rows.first()).toContainText('▼ UTAD')
  expect(await faults(page)).toEqual([])
  await page.getByLabel('Leans').selectOption('up')
  await expect(rows).toHaveCount(1)
  await expect(page).toHaveURL(/lean=up/)
  await page.getByLabel('Phase').selectOption('D')
  await expect(page.locator('main')).toContainText('No market on 1h has this: phase D, leaning up.')
  await page.getByRole('button', { name: 'Show all markets' }).click()
  await expect(rows).toHaveCount(3)
  await page.getByLabel('Candles').selectOption('4h')
  await expect.poll(() => asked.at(-1)).toContain('timeframe=4h')
  await expect(rows).toHaveCount(3)
  await page.locator('.grid').focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/#\/symbol\/ETHUSDT\?tf=4h/)
})

test('a key leads to the scan, and who leaves it asks no more', async ({ page }) => {
  const asked = await scan(page, THREE)
  await open(page)
  await page.keyboard.press('g')
  await page.keyboard.press('w')
  await expect(page.locator('.grid .rows .row')).toHaveCount(3)
  await page.keyboard.press('g')
  await page.keyboard.press('m')
  const before = asked.length
  await page.waitForTimeout(16_000)
  expect(asked.length).toBe(before)
})

test('a scan fits on a narrow screen, and says when markets warm up', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 })
  await scan(page, THREE)
  await open(page, '#/structure')
  await expect(page.locator('.grid .rows .row').first()).toContainText('confidence 60 %')
  expect(await page.evaluate(() => document.querySelector('main')?.scrollWidth)).toBeLessThanOrEqual(320)
  expect(await faults(page)).toEqual([])
  await scan(page, [], 25)
  await page.reload()
  await expect(page.locator('.scan')).toContainText('25 of 25 markets warm up')
  expect(await faults(page)).toEqual([])
})
