import { describe, expect, it } from 'vitest'
import {
  drawn,
  eventsAt,
  indexAt,
  inView,
  isLow,
  MOST_LABELS,
  NOTHING,
  placed,
  ROWS,
  touches,
  type Wish,
} from '@/screens/symbol/structure_places'
import { event, HOUR, hours, OPEN, reading } from './structure_readings'

describe('the place of a time', () => {
  it('is that of the bar that opened then, or where one would be', () => {
    const bars = hours(0, 9)

    expect([0, 4, 9].map((n) => indexAt(bars, OPEN + n * HOUR, HOUR))).toEqual([0, 4, 9])
    expect(indexAt(bars, OPEN - 3 * HOUR, HOUR)).toBe(-3)
    expect(indexAt(bars, OPEN + 12 * HOUR, HOUR)).toBe(12)
    expect(indexAt(hours(0, -1), OPEN, HOUR)).toBeNaN()
  })

  it('is the next bar where that one is missing', () => {
    expect(indexAt(hours(0, 9, [4, 5]), OPEN + 4 * HOUR, HOUR)).toBe(4)
    expect(indexAt(hours(0, 9, [4, 5]), OPEN + 6 * HOUR, HOUR)).toBe(4)
  })
})

describe('what is drawn', () => {
  it('is the range with its phases, its events, its template and the ranges before', () => {
    const found = drawn(reading(), hours(-5, 20), HOUR, null)

    expect(found.range).toEqual({ id: 1, from: 7, to: 25, creek: 104, ice: 98 })
    expect(found.past).toEqual([{ id: 0, from: -4, to: 3, creek: 120, ice: 112 }])
    expect(found.bands).toEqual([
      { phase: 'A', from: 7, to: 11 },
      { phase: 'C', from: 19, to: 25 },
    ])
    expect(found.marks.map(({ id, index, text, isBelow }) => [id, index, text, isBelow])).toEqual([
      ['sc-3', 8, '▲ SC', true],
      ['spring-16', 21, '▲ SPRING', true],
    ])
    expect(found.path).toEqual([
      { index: 8, price: 98 },
      { index: 10, price: 104 },
    ])
  })

  it('says of a withdrawn event that it is, and of a climax that waits that nothing is confirmed', () => {
    const at_ms = OPEN + 19 * HOUR
    const candidate = { name: 'BC', title: 'buying climax', direction: -1, at_ms, level: 102, reaction: null, revisions: [] }
    const told = reading({ events: [event(5, { is_withdrawn: true })], candidate })
    const { marks } = drawn(told, hours(0, 20), HOUR, null)

    expect(marks.map(({ id, kind, text, isBelow }) => [id, kind, text, isBelow])).toEqual([
      ['spring-5', 'withdrawn', '▲ SPRING', true],
      ['', 'waiting', '▼ BC ?', false],
    ])
  })

  it('leaves out events whose candle is not there, and everything without a reading', () => {
    expect(drawn(reading(), hours(10, 20), HOUR, null).marks.map((one) => one.id)).toEqual(['spring-16'])
    expect(drawn(null, hours(0, 20), HOUR, null)).toBe(NOTHING)
    expect(drawn(reading(), hours(0, -1), HOUR, null)).toBe(NOTHING)
  })

  it('knows as of a moment only what had been confirmed then', () => {
    const withdrawn = event(3, { is_withdrawn: true })
    const told = reading({ events: [event(16), withdrawn] })
    // Known at the close of hour 5, which is the opening of hour 6.
    const found = drawn(told, hours(0, 20), HOUR, OPEN + 6 * HOUR)

    expect(found.marks.map(({ id, kind }) => [id, kind])).toEqual([['spring-3', 'event']])
    expect([found.range, found.past, found.bands, found.path]).toEqual([null, [], [], []])
    expect(eventsAt(told.events, OPEN + 6 * HOUR - 1, HOUR)).toEqual([])
    expect(eventsAt(told.events, null, HOUR)).toBe(told.events)
  })
})

it('an event stands on the side to which the price went, the mirrored one on the other', () => {
  const below = ['PS', 'SC', 'ST', 'SHAKEOUT', 'SPRING', 'TEST', 'LPS', 'BU']
  expect(below.map((name) => isLow(name, 1))).toEqual(below.map(() => true))
  expect(['AR', 'SOS'].map((name) => isLow(name, 1))).toEqual([false, false])
  expect(['PSY', 'BC', 'ST', 'UT', 'UTAD', 'TEST', 'LPSY', 'RTI'].some((name) => isLow(name, -1))).toBe(false)
  expect(['AR', 'SOW'].map((name) => isLow(name, -1))).toEqual([true, true])
})

describe('labels', () => {
  const pane = { width: 800, height: 400 }
  const wish = (x: number, given: Partial<Wish> = {}): Wish => ({
    x, y: 200, width: 50, isBelow: true, isBehindSignal: false, ...given,
  })

  it('never overlap each other or what stands there already, and stay in the pane', () => {
    // Numbers that look like chance, the same in every run.
    let seed = 7
    const next = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return (seed / 2147483648) * below
    }
    const taken = [{ x: 0, y: 0, width: 60, height: 16 }, { x: 300, y: 180, width: 90, height: 60 }]
    for (let run = 0; run < 50; run += 1) {
      const wishes = Array.from({ length: 40 }, () =>
        wish(next(800), { y: next(400), width: 20 + next(60), isBelow: next(1) > 0.5, isBehindSignal: next(1) > 0.8 }),
      )
      const rects = placed(wishes, pane, taken)
      const stand = rects.filter((one) => one !== null)
      expect(stand.length).toBeGreaterThan(0)
      expect(stand.length).toBeLessThanOrEqual(MOST_LABELS)
      const all = [...taken, ...stand]
      for (let a = 0; a < all.length; a += 1) {
        for (let b = Math.max(a + 1, taken.length); b < all.length; b += 1) expect(touches(all[a], all[b])).toBe(false)
      }
      for (const { x, y, width, height } of stand) {
        expect(x >= 0 && y >= 0 && x + width <= pane.width && y + height <= pane.height).toBe(true)
      }
    }
  })

  it('go into further rows, the newest nearest, until there is no room', () => {
    const rects = placed(Array.from({ length: ROWS + 1 }, () => wish(400)), pane, [])

    expect(rects[0]).toBeNull()
    const rows = rects.slice(1).map((one) => one!.y)
    expect([...rows].sort((a, b) => b - a)).toEqual(rows)
  })

  it('leave room for a signal at the same candle', () => {
    const [plain] = placed([wish(400)], pane, [])
    const [behind] = placed([wish(400, { isBehindSignal: true })], pane, [])

    expect(behind!.y - plain!.y).toBe(30)
  })
})

it('a band is seen as far as it is in the pane', () => {
  expect(inView(-50, 80, 200)).toEqual({ from: 0, to: 80 })
  expect(inView(150, 900, 200)).toEqual({ from: 150, to: 200 })
  expect(inView(-50, -5, 200)).toBeNull()
  expect(inView(NaN, 5, 200)).toBeNull()
})
