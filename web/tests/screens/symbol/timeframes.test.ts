import { expect, test } from 'vitest'
import { structuredIn } from '@/screens/symbol/timeframes'

test('structure is shown of the same candles, or of the next longer that are read', () => {
  const read = ['15m', '1h', '1d']
  expect(['10s', '1m', '15m', '30m', '4h', '1d'].map((one) => structuredIn(one as '1m', read))).toEqual([
    '15m', '15m', '15m', '1h', '1d', '1d',
  ])
  expect(structuredIn('1d', ['15m'])).toBe('15m')
})

test('until the server has told in which it is read, it is taken to be those of the default', () => {
  expect([structuredIn('1m', []), structuredIn('4h', [])]).toEqual(['5m', '4h'])
})
