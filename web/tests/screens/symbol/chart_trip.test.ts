import { expect, test } from 'vitest'
import { Bars } from '@/charts/bars'
import { tripOf, tripPlace, tripText, type Trip } from '@/screens/symbol/chart_trip'

const MINUTE = 60_000
const AT = Date.UTC(2026, 10, 3, 4, 0)
const TRIP: Trip = {
  run: 'Mean-Cross-1f3a5c', side: -1, entryMs: AT + MINUTE, entryPrice: 100.5, exitMs: AT + 3 * MINUTE, exitPrice: 99,
}

test('a trip comes back from its address as it was', () => {
  expect(tripText(TRIP)).toBe(`Mean-Cross-1f3a5c,-1,${AT + MINUTE},100.5,${AT + 3 * MINUTE},99`)
  expect(tripOf(tripText(TRIP))).toEqual(TRIP)
})

test('what is no trip is none', () => {
  const [run, ...rest] = tripText(TRIP).split(',')
  const wrong = [
    undefined, '', run, `,${rest.join()}`, `${run},0,${rest.slice(1).join()}`, `${tripText(TRIP)},1`,
    tripText({ ...TRIP, exitMs: AT }), tripText(TRIP).replace('100.5', ''), tripText(TRIP).replace('100.5', 'x'),
  ]
  for (const text of wrong) expect(tripOf(text), String(text)).toBeNull()
})

test('it stands in the bars in which it was entered and left, where these are held', () => {
  const bars = new Bars('BTCUSDT', '1m')
  for (let n = 0; n < 3; n += 1) bars.put([AT + n * MINUTE, 100, 101, 99, 100, 1, 100, 1])
  expect(tripPlace(TRIP, bars, MINUTE)).toEqual({ trip: TRIP, entry: 1, exit: -1 })
  expect(tripPlace({ ...TRIP, exitMs: AT + 3 * MINUTE - 1 }, bars, MINUTE).exit).toBe(2)
})
