import { expect, test } from 'vitest'
import { age, calmAge, clock, date, timeMark } from '@/format/ages'
import { bytes, count, decimalsOf, fixed, percent, price, short, signed } from '@/format/numbers'

test('a price has the decimals of its market', () => {
  expect(price(64024.3, 1)).toBe('64\u2009024.3')
  expect(price(0.0158, 5)).toBe('0.01580')
  expect(price(1234567, 0)).toBe('1\u2009234\u2009567')
  expect(price(-5, 2)).toBe('\u22125.00')
  expect(price(NaN, 2)).toBe('–')
})

test('a large number has three digits and a letter, also where it rounds up to the next', () => {
  expect([0.5, 99.9, 812, 1234, 999_499, 999_500, 21.4e9, 1.5e12].map(short)).toEqual([
    '0.50', '99.9', '812', '1.23k', '999k', '1.00M', '21.4B', '1.50T',
  ])
  expect(short(-2e6)).toBe('\u22122.00M')
})

test('a sign stands before every number that has one', () => {
  expect([signed(0.414, 2), signed(-0.314, 2), signed(-0.001, 2)]).toEqual(['+0.41', '\u22120.31', '0.00'])
  expect(percent(0.0001, 4)).toBe('+0.0100')
})

test('counts, plain numbers and bytes', () => {
  expect([count(1234), count(12345), fixed(1.26, 1)]).toEqual(['1234', '12\u2009345', '1.3'])
  expect([bytes(512), bytes(1536), bytes(52 * 2 ** 20), bytes(256 * 2 ** 20), bytes(1.24 * 2 ** 30)]).toEqual([
    '512 B', '1.5 KB', '52.0 MB', '256 MB', '1.24 GB',
  ])
})

test('an age has two figures at most', () => {
  expect([0.31, 9.94, 31.4, 119, 120, 7199, 7800, 86_400, 9 * 86_400 + 3600, 6e6].map(age)).toEqual([
    '0.3 s', '9.9 s', '31 s', '119 s', '2 m', '119 m', '2 h 10 m', '1 d', '9 d 1 h', '69 d',
  ])
  expect(age(NaN)).toBe('–')
  expect(age(-3)).toBe('0.0 s')
})

test('in a column ages change once a second at most', () => {
  expect([0.2, 0.99, 1.99, 9.9, 9.96, 31.4, NaN].map(calmAge)).toEqual(['<1 s', '<1 s', '1 s', '9 s', '10 s', '31 s', '–'])
})

test('times are UTC unless a user wants otherwise', () => {
  const at = Date.UTC(2026, 5, 28, 12, 41, 7)
  expect([clock(at), clock(at, false), date(at)]).toEqual(['12:41:07', '12:41', '2026-06-28 12:41'])
})

test('a mark of a time axis says what differs from the next one', () => {
  const at = Date.UTC(2026, 5, 28, 12, 41)
  expect([60, 86_400, 30 * 86_400].map((stepS) => timeMark(at, stepS))).toEqual(['12:41', '06-28', '2026-06'])
})

test('a column has as many decimals as its finest figure, and no more than may be', () => {
  expect(decimalsOf([1, 20, 300])).toBe(0)
  expect(decimalsOf([0.5, 2, 0.013])).toBe(3)
  expect(decimalsOf([0.1 + 0.2, 1e-9], 4)).toBe(4)
  expect(decimalsOf([0.1 + 0.2])).toBe(1)
  expect(decimalsOf([])).toBe(0)
})
