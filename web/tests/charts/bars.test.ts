import { expect, test } from 'vitest'
import { BarCache, Bars, KEPT_BARS, MOST_BARS } from '@/charts/bars'
import type { CandleRow } from '@/wire/push'
import type { Candles } from '@/wire/rest'

const row = (time: number, close = 1): CandleRow => [time, 1, 2, 0.5, close, 10, 10, 5]

function filled(size: number, symbol = 'A', timeframe = '1m'): Bars {
  const bars = new Bars(symbol, timeframe)
  for (let n = 0; n < size; n += 1) bars.put(row(n * 60_000))
  return bars
}

test('a candle overwrites that of its time, or stands at the end', () => {
  const bars = filled(3)
  bars.put(row(120_000, 9))
  bars.put(row(180_000, 8))

  expect(bars.size).toBe(4)
  expect([...bars.close.slice(0, 4)]).toEqual([1, 1, 9, 8])
})

test('a revised candle is overwritten where it stands, and one from a hole is left out', () => {
  const bars = new Bars('A', '1m')
  for (const time of [0, 60_000, 180_000]) bars.put(row(time))
  bars.put(row(60_000, 7))
  bars.put(row(120_000, 7))

  expect([...bars.time.slice(0, bars.size)]).toEqual([0, 60_000, 180_000])
  expect(bars.close[1]).toBe(7)
})

test('beyond 1500 it goes on with the last 1000', () => {
  const bars = filled(MOST_BARS + 1)
  expect(bars.size).toBe(KEPT_BARS + 1)
  expect(bars.cuts).toBe(500)
  expect(bars.time[0]).toBe(500 * 60_000)
  expect(bars.time[bars.size - 1]).toBe(MOST_BARS * 60_000)
})

test('an answer replaces everything, with the candle that is still open at its end', () => {
  const bars = filled(5)
  const times = Array.from({ length: 2000 }, (_, n) => n * 60_000)
  const columns = Object.fromEntries(
    ['open', 'high', 'low', 'close', 'volume', 'turnover', 'bought', 'trades'].map((name) => [name, times]),
  )
  const answer = {
    as_of_ms: 1,
    symbol: 'A',
    timeframe: '1m',
    next_before_ms: null,
    columns: { open_time_ms: times, ...columns, origin: [] },
    provisional: { open_time_ms: 2000 * 60_000, open: 1, high: 1, low: 1, close: 5, volume: 1, turnover: 1, bought: 1 },
  } as unknown as Candles
  bars.fill(answer)

  expect(bars.size).toBe(KEPT_BARS + 1)
  expect(bars.close[bars.size - 1]).toBe(5)
})

test('the cache holds 20 charts of at most 10 symbols for five minutes', () => {
  let now = 0
  const cache = new BarCache(() => now)
  for (let n = 0; n < 12; n += 1) for (const timeframe of ['1m', '1h']) cache.put(filled(1, `S${n}`, timeframe))

  expect([cache.held.size, cache.symbols]).toEqual([20, 10])
  expect(cache.get('S0', '1m')).toBeUndefined()
  expect(cache.get('S11', '1h')).toBeDefined()
  now = 300_001
  expect(cache.held.sweep()).toBe(false)
})
