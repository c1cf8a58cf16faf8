import { expect, test } from 'vitest'
import { sideAfter, sideAtEnd } from '@/screens/symbol/sides'

test('long begins at 65 and lasts until below 58', () => {
  expect(sideAtEnd([50, 64.9])).toBe('neutral')
  expect(sideAtEnd([50, 65, 58])).toBe('long')
  expect(sideAtEnd([50, 65, 57.9])).toBe('neutral')
})

test('short is its mirror', () => {
  expect(sideAtEnd([50, 35, 42])).toBe('short')
  expect(sideAtEnd([50, 35, 42.1])).toBe('neutral')
})

test('an unknown score has no side, and the next one begins anew', () => {
  expect(sideAtEnd([])).toBe('unknown')
  expect(sideAtEnd([70, NaN])).toBe('unknown')
  expect(sideAfter('unknown', 60)).toBe('neutral')
})
