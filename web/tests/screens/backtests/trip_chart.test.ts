import { expect, test } from 'vitest'
import { chartOf, timeframeSince } from '@/screens/backtests/trip_chart'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 10, 3)

test('the shortest candles are taken that reach back so far, and none shorter than those of the run', () => {
  expect(timeframeSince(NOW - 23 * HOUR, '1m', NOW)).toBe('1m')
  expect(timeframeSince(NOW - 25 * HOUR, '1m', NOW)).toBe('5m')
  expect(timeframeSince(NOW - 2 * HOUR, '1h', NOW)).toBe('1h')
  expect(timeframeSince(NOW - 364 * 24 * HOUR, '1m', NOW)).toBe('1d')
  expect(timeframeSince(NOW - 366 * 24 * HOUR, '1m', NOW)).toBeNull()
})

test('a trip leads to the chart of its market, on which it is marked', () => {
  const trip = {
    number: 1, symbol: 'BTCUSDT', tag: '', side: 'short', quantity: 1, entry_ms: NOW - 2 * HOUR, entry_price: 100,
    exit_ms: NOW - HOUR, exit_price: 99, exit: 'signal', fees: 0, funding: 0, slippage: 0, profit: 1, r: null, best: 0,
    worst: 0, bars: 2, regime: '',
  }
  const text = `mean-1f3a,-1,${NOW - 2 * HOUR},100,${NOW - HOUR},99`
  expect(chartOf(trip, 'mean-1f3a', '1h', NOW)).toBe(`#/symbol/BTCUSDT?${new URLSearchParams({ tf: '1h', trip: text })}`)
  expect(chartOf({ ...trip, entry_ms: 0 }, 'mean-1f3a', '1h', NOW)).toBe('')
})
