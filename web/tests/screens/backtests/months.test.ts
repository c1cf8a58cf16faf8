import { expect, test } from 'vitest'
import { depth, yearsOf } from '@/screens/backtests/months'

test('a year is what its months come to, one upon the other', () => {
  const years = yearsOf([
    { year: 2023, month: 12, gain: -0.5 },
    { year: 2024, month: 1, gain: 0.1 },
    { year: 2024, month: 3, gain: -0.2 },
  ])
  expect(years.map((one) => one.year)).toEqual([2024, 2023])
  expect(years[0].months.slice(0, 4)).toEqual([0.1, null, -0.2, null])
  expect(years[0].whole).toBeCloseTo(-0.12)
  expect(years[1].months[11]).toBe(-0.5)
})

test('the largest has the deepest colour, whichever way it went', () => {
  expect([depth(-0.2, 0.2), depth(0.05, 0.2), depth(0, 0.2), depth(0, 0)]).toEqual([40, 10, 0, 0])
})
