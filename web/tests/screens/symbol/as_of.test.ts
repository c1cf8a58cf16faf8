import { expect, test } from 'vitest'
import { Bars } from '@/charts/bars'
import { closedUntil, copyBars, dayVwap, holesOf, scoreOfBars } from '@/screens/symbol/bars_until'
import { ScoreTrail } from '@/screens/symbol/score_trail'
import { component, explanation, factor } from './readings'

const MINUTE = 60_000
const DAY = 86_400_000

function bars(times: number[]): Bars {
  const made = new Bars('BTCUSDT', '1m')
  times.forEach((time, n) => made.put([time, 10, 12, 9, 11 + n, 2, 2 * (11 + n), 1]))
  return made
}

test('as of a moment, only candles that had closed are there', () => {
  const held = bars([0, MINUTE, 2 * MINUTE])
  expect(closedUntil(held, 2 * MINUTE, MINUTE)).toBe(2)
  expect(closedUntil(held, 2 * MINUTE - 1, MINUTE)).toBe(1)
  expect(closedUntil(held, -1, MINUTE)).toBe(0)
  expect(closedUntil(held, null, MINUTE)).toBe(3)
})

test('a copy up to a moment knows nothing of what came after', () => {
  const held = bars([0, MINUTE, 2 * MINUTE])
  const view = new Bars('BTCUSDT', '1m')
  copyBars(held, view, 2)
  held.put([MINUTE, 1, 1, 1, 1, 1, 1, 1])
  expect(view.size).toBe(2)
  expect(view.close[1]).toBe(12)
})

test('a hole is what lies between two candles that do not follow each other', () => {
  const held = bars([0, MINUTE, 4 * MINUTE, 5 * MINUTE])
  expect(holesOf(held, MINUTE)).toEqual([{ after: 1, fromMs: 2 * MINUTE, toMs: 4 * MINUTE }])
})

test('the VWAP begins at midnight, and is not known before the first', () => {
  const held = bars([DAY - MINUTE, DAY, DAY + MINUTE])
  const into = new Float64Array(3)
  dayVwap(held, into)
  expect(into[0]).toBeNaN()
  expect(into[1]).toBe(12)
  expect(into[2]).toBe(12.5)
})

test('a day whose first candle is missing has no VWAP', () => {
  const into = new Float64Array(3)
  dayVwap(bars([DAY, 2 * DAY + MINUTE, 2 * DAY + 2 * MINUTE]), into)
  expect([...into]).toEqual([11, NaN, NaN])
})

function trail(): ScoreTrail {
  const made = new ScoreTrail()
  made.fill({
    as_of_ms: 0,
    symbol: 'BTCUSDT',
    step_ms: MINUTE,
    time_ms: [0, MINUTE, 2 * MINUTE],
    score: [40, null, 60],
    components: { volume: [30, null, 70] },
  })
  return made
}

test('a bar has the score that was known when it closed, and none where none was', () => {
  const into = new Float64Array(3)
  scoreOfBars(bars([-MINUTE, 0, MINUTE]), trail(), MINUTE, into)
  expect([...into]).toEqual([40, NaN, 60])
  scoreOfBars(bars([0, 3 * MINUTE]), trail(), 3 * MINUTE, into)
  expect(into[0]).toBe(60)
  expect(into[1]).toBeNaN()
})

test('the open bar has the score of now, and a bar of ten seconds that of its minute', () => {
  const held = trail()
  held.put(explanation([], 71, 2 * MINUTE + 15_000))
  const into = new Float64Array(3)
  scoreOfBars(bars([MINUTE, 2 * MINUTE]), held, MINUTE, into)
  expect([...into.subarray(0, 2)]).toEqual([60, 71])
  scoreOfBars(bars([2 * MINUTE - 10_000, 2 * MINUTE, 2 * MINUTE + 10_000]), held, 10_000, into)
  expect([...into]).toEqual([60, 60, 71])
})

test('the past of the score is what its minute said, with its components', () => {
  const past = trail().pointAt(2 * MINUTE + 59_000)
  expect(past).toMatchObject({ atMs: 2 * MINUTE, score: 60 })
  expect(past?.components.volume).toBe(70)
  expect(past?.components.order_flow).toBeNaN()
})

test('a moment of which nothing is kept says so', () => {
  expect(trail().pointAt(-1)).toBeNull()
  expect(trail().pointAt(10 * MINUTE)).toBeNull()
})

test('the first score of a minute is that of the minute, the newest stands beside it, and a day is held at most', () => {
  const made = trail()
  made.put(explanation([component('volume', [factor('vwap', 5)])], 55, 2 * MINUTE + 1000))
  expect([made.size, made.score[2], made.latest.score]).toEqual([3, 60, 55])
  for (let n = 3; n < 2000; n += 1) made.put(explanation([], 51, n * MINUTE))
  expect(made.size).toBe(1440)
  expect(made.time[0]).toBe((2000 - 1440) * MINUTE)
  made.put(explanation([], 99, 3 * MINUTE))
  expect([made.score[1439], made.latest.score]).toEqual([51, 51])
})

test('the scores end at the moment asked for, or with the newest', () => {
  const made = trail()
  made.put(explanation([], 66, 2 * MINUTE + 1000))
  expect([...made.scores(MINUTE)]).toEqual([40, NaN])
  expect([...made.scores(null)]).toEqual([40, NaN, 60, 66])
  expect(made.scoreAt(2 * MINUTE)).toBe(60)
  expect(made.scoreAt(2 * MINUTE + 5000)).toBe(66)
})
