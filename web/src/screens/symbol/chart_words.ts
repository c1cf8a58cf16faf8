import type { Bars } from '@/charts/bars'
import { clock, date } from '@/format/ages'
import { fixed, percent, price, short } from '@/format/numbers'
import { holesOf } from './bars_until'
import type { ScoreTrail } from './score_trail'

/** A day has a VWAP once its first candle is held. */
function hasMidnight(bars: Bars): boolean {
  for (let n = 0; n < bars.size; n += 1) if (bars.time[n] % 86_400_000 === 0) return true
  return false
}

const stretches = (count: number) => `${count} ${count === 1 ? 'stretch' : 'stretches'} without data`

/** The figures of bar *n*, as they are read over the chart; null where there is none. */
export function readingOf(bars: Bars, n: number, trail: ScoreTrail, lengthMs: number, decimals: number) {
  if (n < 0 || n >= bars.size) return null
  const change = bars.close[n] / bars.open[n] - 1
  const share = (100 * bars.bought[n]) / bars.volume[n]
  return {
    time: date(bars.time[n]),
    open: price(bars.open[n], decimals),
    high: price(bars.high[n], decimals),
    low: price(bars.low[n], decimals),
    close: price(bars.close[n], decimals),
    change: `${change >= 0 ? '▲' : '▼'} ${percent(change)} %`,
    tone: change > 0 ? 'up' : change < 0 ? 'down' : 'flat',
    volume: short(bars.volume[n]),
    bought: Number.isFinite(share) ? `${share.toFixed(0)} %` : '–',
    score: fixed(trail.scoreAt(bars.time[n] + lengthMs), 0),
  }
}

/** The chart in a sentence, for who does not see it. */
export function summaryOf(bars: Bars, lengthMs: number, decimals: number): string {
  const { symbol, timeframe, size } = bars
  if (size === 0) return `Candles of ${symbol}`
  const last = size - 1
  let low = Infinity
  let high = -Infinity
  for (let n = 0; n <= last; n += 1) {
    low = Math.min(low, bars.low[n])
    high = Math.max(high, bars.high[n])
  }
  return (
    `${size} candles of ${timeframe} of ${symbol} from ${date(bars.time[0])} to ${date(bars.time[last])}: ` +
    `${price(low, decimals)} to ${price(high, decimals)}, the newest opened at ${price(bars.open[last], decimals)}; ` +
    stretches(holesOf(bars, lengthMs).length)
  )
}

/** What a look at the chart does not tell: holes, why there is no VWAP, how few candles there are. */
export function notesOf(bars: Bars, lengthMs: number, hasVwap: boolean, isNow: boolean): string[] {
  const found: string[] = []
  if (bars.size === 0) return found
  const holes = holesOf(bars, lengthMs)
  const last = holes.at(-1)
  if (last) found.push(`${stretches(holes.length)}, the latest ${clock(last.fromMs, false)}–${clock(last.toMs, false)}`)
  if (hasVwap && !hasMidnight(bars)) found.push('no VWAP: no candle of 00:00 UTC is held')
  if (bars.size < 200 && isNow) found.push(`${bars.size} candles so far`)
  return found
}

/** Why no candle is shown, where candles were answered; '' where one is. */
export function emptinessOf(view: Bars, source: Bars | null): string {
  if (view.size > 0) return ''
  if (!source || source.size === 0) return `No candle of ${view.timeframe} has closed since this market is watched.`
  return `No candle of ${view.timeframe} is held from before then: the oldest opened ${date(source.time[0])}.`
}
