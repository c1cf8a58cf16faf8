import { TickMarkType } from 'lightweight-charts'
import { expect, test } from 'vitest'
import { crosshairTime, tickMark } from '@/charts/tick_marks'

const AT = Date.UTC(2026, 10, 3, 4, 5, 6) / 1000

test('a mark says what begins there, in UTC', () => {
  expect(tickMark(AT, TickMarkType.Year)).toBe('2026')
  expect(tickMark(AT, TickMarkType.Month)).toBe('Nov')
  expect(tickMark(AT, TickMarkType.DayOfMonth)).toBe('3')
  expect(tickMark(AT, TickMarkType.Time)).toBe('04:05')
  expect(tickMark(AT, TickMarkType.TimeWithSeconds)).toBe('04:05:06')
})

test('the crosshair says the whole of its time', () => {
  expect(crosshairTime(AT)).toBe("3 Nov '26 04:05")
})
