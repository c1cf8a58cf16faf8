import { expect, test } from 'vitest'
import { DepthTrail, shapeOf, STEP_MS, STEPS } from '@/screens/symbol/depth'

const BIDS = [[99, 2], [98, 1], [97, 5]] as const
const ASKS = [[101, 1], [102, 3]] as const

test('a book has its mid, its spread, and the sums of its levels', () => {
  const book = shapeOf(BIDS, ASKS, 2)
  expect(book.bids).toEqual([{ price: 99, size: 2, sum: 2 }, { price: 98, size: 1, sum: 3 }])
  expect(book.mid).toBe(100)
  expect(book.spreadBps).toBe(200)
  expect(book.imbalance).toBeCloseTo((3 - 4) / 7)
  expect([book.largest, book.deepest]).toEqual([3, 4])
})

test('an empty side has no mid and invents none', () => {
  const book = shapeOf(BIDS, [], 2)
  expect(book.mid).toBeNaN()
  expect(shapeOf([], [], 2).imbalance).toBeNaN()
})

test('of each step the newest book is held, for fifteen minutes', () => {
  const trail = new DepthTrail()
  trail.put(0, BIDS, ASKS)
  trail.put(1000, [[99, 7]], ASKS)
  expect(trail.sums(0)).toEqual({ bidden: 7, offered: 4 })
  trail.put(STEPS * STEP_MS, BIDS, ASKS)
  expect(trail.has(0)).toBe(false)
  expect(trail.held).toBe(1)
})

test('a message of the past changes nothing', () => {
  const trail = new DepthTrail()
  trail.put(10 * STEP_MS, BIDS, ASKS)
  trail.put(9 * STEP_MS, [[1, 1]], [[2, 1]])
  expect(trail.held).toBe(1)
  expect(trail.mid(10)).toBe(100)
})

test('steps that were not watched are holes', () => {
  const trail = new DepthTrail()
  trail.put(0, BIDS, ASKS)
  trail.put(2 * STEP_MS, BIDS, ASKS)
  const into = new Float64Array(STEPS)
  trail.imbalances(into)
  expect(into[STEPS - 1]).toBeCloseTo(4 / 12)
  expect(into[STEPS - 2]).toBeNaN()
  expect(trail.mid(1)).toBeNaN()
})

test('what is drawn stays near the price when that has run away', () => {
  const trail = new DepthTrail()
  trail.put(0, [[10, 1]], [[11, 1]])
  trail.put(STEP_MS, [[999, 1]], [[1001, 1]])
  expect(trail.range()).toMatchObject({ low: 10, high: 1001 })
  expect(trail.view()).toMatchObject({ low: 992, high: 1001 })
})

test('the span is from the oldest step that is held to the newest', () => {
  const trail = new DepthTrail()
  expect(trail.span).toBe(0)
  trail.put(0, BIDS, ASKS)
  trail.put(4 * STEP_MS, BIDS, ASKS)
  expect([trail.span, trail.held]).toEqual([5, 2])
})
