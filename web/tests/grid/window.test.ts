import { expect, test } from 'vitest'
import { rowWindow, scrollTo } from '@/grid/window'

test('the rows in view and some around them', () => {
  expect(rowWindow(0, 260, 26, 560, 5)).toEqual({ first: 0, count: 21 })
  expect(rowWindow(2600, 260, 26, 560, 5)).toEqual({ first: 95, count: 21 })
})

test('at the end there is nothing behind the last row', () => {
  const { first, count } = rowWindow(560 * 26 - 260, 260, 26, 560, 5)
  expect(first + count).toBe(560)
  expect(rowWindow(99_999, 260, 26, 560, 5).first + rowWindow(99_999, 260, 26, 560, 5).count).toBe(560)
})

test('few rows or none', () => {
  expect(rowWindow(0, 260, 26, 3, 5)).toEqual({ first: 0, count: 3 })
  expect(rowWindow(0, 260, 26, 0, 5)).toEqual({ first: 0, count: 0 })
})

test('every row in view is in the window, wherever it is scrolled to', () => {
  for (let top = 0; top < 200 * 26 - 300; top += 7) {
    const { first, count } = rowWindow(top, 300, 26, 200, 0)
    expect(first * 26).toBeLessThanOrEqual(top)
    expect((first + count) * 26).toBeGreaterThanOrEqual(top + 300)
  }
})

test('scrolling moves only as far as the row needs', () => {
  expect(scrollTo(3, 0, 260, 26)).toBe(0)
  expect(scrollTo(10, 0, 260, 26)).toBe(26)
  expect(scrollTo(2, 100, 260, 26)).toBe(52)
})
