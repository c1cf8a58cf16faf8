import { describe, expect, it } from 'vitest'
import { lines, plan, spread, stacked } from '@/screens/symbol/point_figure'
import type { Cause } from '@/wire/rest'

const price = (box: number) => 1.01 ** box

/** Columns of X and O from box *low* to box *high*, of 1 % each. */
function cause(columns: [string, number, number][], given: Partial<Cause> = {}): Cause {
  return {
    direction: 1, box_percent: 1, reversal: 3, columns: columns.length, line: price(2), conservative: price(12),
    halfway: price(14), maximum: price(16), is_whole: true,
    chart: columns.map(([kind, low, high]) => ({ kind, low: price(low), high: price(high), begin_ms: 0, end_ms: 0 })),
    ...given,
  }
}
const some = cause([['X', 0, 9], ['O', 4, 8], ['X', 5, 11]])

it('columns stand in whole boxes', () => {
  expect(stacked(some).map(({ kind, bottom, top }) => [kind, bottom, top])).toEqual([
    ['X', 0, 9],
    ['O', 4, 8],
    ['X', 5, 11],
  ])
})

it('a target that would be nothing is left out', () => {
  const told = cause([['O', 0, 3]], { conservative: null, halfway: null, maximum: null })

  expect(lines(told).map((one) => one.name)).toEqual(['count line'])
})

describe('the plan of a chart', () => {
  it('has room for the columns and the targets', () => {
    const made = plan(some, 100)

    expect([made.low, made.high]).toEqual([0, 16])
    expect(made.columns).toHaveLength(3)
    expect(made.height).toBe(17 * made.cell + 16)
  })

  it('does not shrink the columns for a target that is far away', () => {
    expect(plan(cause([['X', 0, 4]], { maximum: price(400) }), 100).high).toBe(14)
  })

  it('holds the newest of many columns', () => {
    const many = Array.from({ length: 500 }, (_, n): [string, number, number] => [n % 2 ? 'O' : 'X', n % 3, 5])

    expect(plan(cause(many), 100).columns).toHaveLength(160)
    expect(plan(cause([]), 100).columns).toHaveLength(0)
  })
})

it('labels keep apart and within the chart', () => {
  const found = spread([50, 52, 51, 98], 10, 100)

  expect(found[0] < found[2] && found[2] < found[1]).toBe(true)
  const sorted = [...found].sort((a, b) => a - b)
  expect(sorted.every((one, n) => n === 0 || one - sorted[n - 1] >= 10)).toBe(true)
  expect(sorted[3]).toBeLessThanOrEqual(95)
})
