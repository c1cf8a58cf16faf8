import { expect, test } from 'vitest'
import { together, withSpan, worthAt } from '@/screens/backtests/curves'

const CURVE = { at_ms: [1000, 2000, 4000], equity: [100, 110, 90] }

test('between two points it is on the line between them, and nowhere else', () => {
  expect([999, 1000, 1500, 3000, 4000, 4001].map((ms) => worthAt(CURVE, ms))).toEqual([null, 100, 105, 100, 90, null])
  expect(worthAt({ at_ms: [], equity: [] }, 5)).toBeNull()
})

test('a trip has its ends on the curve, however short it is', () => {
  expect(withSpan(CURVE, { fromMs: 2500, toMs: 3000 })).toEqual([
    [1, 2, 2.5, 3, 4],
    [100, 110, 105, 100, 90],
    [null, null, 105, 100, null],
  ])
  expect(withSpan(CURVE, null)).toEqual([[1, 2, 4], [100, 110, 90], [null, null, null]])
})

test('a trip beyond the curve leaves it as it is', () => {
  expect(withSpan(CURVE, { fromMs: 5000, toMs: 6000 })).toEqual([[1, 2, 4], [100, 110, 90], [null, null, null]])
})

test('two runs are held against their own beginnings, each for as long as it ran', () => {
  const other = { at_ms: [2000, 5000], equity: [1000, 1300] }
  expect(together(CURVE, other)).toEqual([
    [1, 2, 4, 5],
    [0, expect.closeTo(0.1), expect.closeTo(-0.1), null],
    [null, 0, expect.closeTo(0.2), expect.closeTo(0.3)],
  ])
})
