import { TickMarkType } from 'lightweight-charts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number) => String(value).padStart(2, '0')

/**
 * What stands under a mark of the time scale, in UTC: 2026, Nov, 23 or 12:41.
 *
 * The library asks the browser's own formatter, whose first use takes as long as a sixth of the first drawing.
 */
export function tickMark(seconds: number, type: TickMarkType): string {
  const at = new Date(1000 * seconds)
  switch (type) {
    case TickMarkType.Year:
      return String(at.getUTCFullYear())
    case TickMarkType.Month:
      return MONTHS[at.getUTCMonth()]
    case TickMarkType.DayOfMonth:
      return String(at.getUTCDate())
    case TickMarkType.Time:
      return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
    case TickMarkType.TimeWithSeconds:
      return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`
  }
}

/** What stands under the crosshair, in UTC: 23 Nov '26 12:41. */
export function crosshairTime(seconds: number): string {
  const year = tickMark(seconds, TickMarkType.Year).slice(2)
  const [month, day, time] = [TickMarkType.Month, TickMarkType.DayOfMonth, TickMarkType.Time].map((type) =>
    tickMark(seconds, type),
  )
  return `${day} ${month} '${year} ${time}`
}
