import { expect, test } from 'vitest'
import { Bars } from '@/charts/bars'
import { emptinessOf, notesOf, readingOf, summaryOf } from '@/screens/symbol/chart_words'
import { ScoreTrail } from '@/screens/symbol/score_trail'

const MINUTE = 60_000
const DAY = 86_400_000
const TEN = DAY + 10 * 60 * MINUTE

function bars(times: number[]): Bars {
  const made = new Bars('BTCUSDT', '1m')
  times.forEach((time, n) => made.put([time, 10, 12 + n, 9 - n, 11, 2, 22, 0.5]))
  return made
}

test('the figures of a candle are read as text, and there are none beyond the last', () => {
  const held = bars([TEN])
  expect(readingOf(held, 0, new ScoreTrail(), MINUTE, 1)).toEqual({
    time: '1970-01-02 10:00', open: '10.0', high: '12.0', low: '9.0', close: '11.0', change: '▲ +10.00 %', tone: 'up',
    volume: '2.00', bought: '25 %', score: '–',
  })
  expect(readingOf(held, 1, new ScoreTrail(), MINUTE, 1)).toBeNull()
  expect(readingOf(held, -1, new ScoreTrail(), MINUTE, 1)).toBeNull()
})

test('the chart is told in a sentence', () => {
  expect(summaryOf(bars([]), MINUTE, 0)).toBe('Candles of BTCUSDT')
  expect(summaryOf(bars([TEN, TEN + MINUTE, TEN + 4 * MINUTE]), MINUTE, 0)).toBe(
    '3 candles of 1m of BTCUSDT from 1970-01-02 10:00 to 1970-01-02 10:04: 7 to 14, the newest opened at 10; ' +
      '1 stretch without data',
  )
})

test('notes tell of holes, of a VWAP that is not known, and of few candles', () => {
  const held = bars([TEN, TEN + 3 * MINUTE])
  expect(notesOf(held, MINUTE, true, true)).toEqual([
    '1 stretch without data, the latest 10:01–10:03',
    'no VWAP: no candle of 00:00 UTC is held',
    '2 candles so far',
  ])
  expect(notesOf(bars([DAY]), MINUTE, true, false)).toEqual([])
  expect(notesOf(bars([]), MINUTE, true, true)).toEqual([])
})

test('an empty chart says why', () => {
  const source = bars([TEN])
  expect(emptinessOf(source, source)).toBe('')
  expect(emptinessOf(bars([]), source)).toBe('No candle of 1m is held from before then: the oldest opened 1970-01-02 10:00.')
  expect(emptinessOf(bars([]), null)).toBe('No candle of 1m has closed since this market is watched.')
})
