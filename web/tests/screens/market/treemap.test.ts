import { expect, test } from 'vitest'
import { treemap } from '@/screens/market/treemap'

test('areas are in proportion, fill the whole and do not overlap', () => {
  const weights = Array.from({ length: 200 }, (_, n) => 1000 / (n + 1))
  const sum = weights.reduce((total, weight) => total + weight)
  const { x, y, w, h } = treemap(weights, 800, 500)

  weights.forEach((weight, n) => expect(w[n] * h[n]).toBeCloseTo((weight / sum) * 400_000, 0))
  weights.forEach((_, n) => {
    expect(x[n]).toBeGreaterThanOrEqual(0)
    expect(x[n] + w[n]).toBeLessThanOrEqual(800.01)
    expect(y[n] + h[n]).toBeLessThanOrEqual(500.01)
    for (let m = 0; m < n; m += 1) {
      const isBeside = x[m] + w[m] <= x[n] + 0.01 || x[n] + w[n] <= x[m] + 0.01
      const isBelow = y[m] + h[m] <= y[n] + 0.01 || y[n] + h[n] <= y[m] + 0.01
      expect(isBeside || isBelow).toBe(true)
    }
  })
})

test('equal weights become tiles that are nearly square', () => {
  const { w, h } = treemap(Array(16).fill(1), 400, 400)
  for (let n = 0; n < 16; n += 1) expect(Math.max(w[n] / h[n], h[n] / w[n])).toBeLessThan(1.5)
})

test('nothing to show, or nowhere', () => {
  expect(treemap([], 100, 100).x).toHaveLength(0)
  expect([...treemap([1, 2], 0, 100).w]).toEqual([0, 0])
})
