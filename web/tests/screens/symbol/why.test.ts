import { expect, test } from 'vitest'
import { flips, plain, reasons, titled } from '@/screens/symbol/why'
import { component, explanation, factor } from './readings'

const rising = explanation([
  component('volume', [factor('vwap', 9), factor('obv', 4)]),
  component('order_flow', [factor('flow', 6), factor('delta', -2)]),
  component('order_book', [factor('walls', -0.01)]),
])

test('what speaks for the side comes first, the heaviest first, and what weighs nothing is left out', () => {
  const { lean, supports, opposes } = reasons(rising)
  expect(lean).toBe('up')
  expect(supports.map((one) => one.factor.name)).toEqual(['vwap', 'flow', 'obv'])
  expect(opposes.map((one) => one.factor.name)).toEqual(['delta'])
})

test('a falling score is supported by what pulls it down', () => {
  const { lean, supports, opposes } = reasons(explanation([component('volume', [factor('vwap', -9), factor('obv', 4)])]))
  expect(lean).toBe('down')
  expect(supports[0].factor.name).toBe('vwap')
  expect(opposes[0].factor.name).toBe('obv')
})

test('without a score nothing leans, and nothing can flip', () => {
  const unknown = explanation(rising.components, null)
  expect(reasons(unknown).lean).toBe('none')
  expect(flips(unknown, 'unknown')).toEqual([])
})

test('long ends below 58: the heaviest readings that suffice are named, no more', () => {
  const [way] = flips(rising, 'long')
  expect(way.to).toBe('neutral')
  expect(way.threshold).toBe(58)
  expect(way.distance).toBeCloseTo(8.99)
  expect(way.turns.map((one) => one.factor.name)).toEqual(['vwap'])
  expect(way.after).toBeCloseTo(57.99)
  expect(way.isReached).toBe(true)
})

test('short ends above 42, the mirror of long', () => {
  const [way] = flips(explanation([component('volume', [factor('vwap', -10), factor('obv', -9)])]), 'short')
  expect(way.threshold).toBe(42)
  expect(way.turns.map((one) => one.factor.name)).toEqual(['vwap', 'obv'])
  expect(way.after).toBe(50)
})

test('neutral has a way to both sides, and says when the readings against it do not suffice', () => {
  const [toLong, toShort] = flips(explanation([component('volume', [factor('vwap', 10), factor('obv', -2)])]), 'neutral')
  expect(toLong).toMatchObject({ to: 'long', threshold: 65, distance: 7, after: 60, isReached: false })
  expect(toShort).toMatchObject({ to: 'short', threshold: 35, distance: 23, after: 48, isReached: false })
})

test('the sentence of a factor stands without the points and the title beside it', () => {
  expect(plain(factor('vwap', 9))).toBe('in 1m: it says so: 2 of 1, 1s old')
  expect(plain({ ...factor('vwap', 9), sentence: 'in other words' })).toBe('in other words')
  expect(titled('order_flow')).toBe('Order flow')
})
