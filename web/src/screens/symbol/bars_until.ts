import type { Bars } from '@/charts/bars'
import type { ScoreTrail } from './score_trail'

const FIELDS = ['time', 'open', 'high', 'low', 'close', 'volume', 'turnover', 'bought'] as const
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** How many of the bars had closed at *ms*; a null is now, and counts the open one too. */
export function closedUntil(bars: Bars, ms: number | null, lengthMs: number): number {
  if (ms === null) return bars.size
  let low = 0
  let high = bars.size
  while (low < high) {
    const middle = (low + high) >> 1
    if (bars.time[middle] + lengthMs <= ms) low = middle + 1
    else high = middle
  }
  return low
}

/** Makes *into* hold the first *size* bars of *from*. */
export function copyBars(from: Bars, into: Bars, size: number): void {
  for (const field of FIELDS) into[field].set(from[field].subarray(0, size))
  into.size = size
  into.cuts = from.cuts
  into.version += 1
}

/** A stretch without candles between bar `after` and the next one (ms). */
export interface Hole {
  after: number
  fromMs: number
  toMs: number
}

/** Where candles are missing between two others. */
export function holesOf(bars: Bars, lengthMs: number): Hole[] {
  const found: Hole[] = []
  for (let n = 1; n < bars.size; n += 1) {
    const fromMs = bars.time[n - 1] + lengthMs
    if (bars.time[n] > fromMs) found.push({ after: n - 1, fromMs, toMs: bars.time[n] })
  }
  return found
}

/**
 * The volume-weighted average price since 00:00 UTC at each bar; NaN before the first midnight that the bars show.
 *
 * *into* gets one value a bar.
 */
export function dayVwap(bars: Bars, into: Float64Array): void {
  let turnover = NaN
  let volume = NaN
  for (let n = 0; n < bars.size; n += 1) {
    const isMidnight = bars.time[n] % DAY_MS === 0
    const isNextDay = n > 0 && Math.floor(bars.time[n] / DAY_MS) !== Math.floor(bars.time[n - 1] / DAY_MS)
    if (isMidnight) turnover = volume = 0
    else if (isNextDay) turnover = volume = NaN
    turnover += bars.turnover[n]
    volume += bars.volume[n]
    into[n] = turnover / volume
  }
}

/**
 * The score that was known at the close of each bar, or is now for the one that is open; NaN where none was.
 *
 * What is older than the bar, or than a minute where that is longer, is not taken. Bars before *from* are left out.
 */
export function scoreOfBars(bars: Bars, trail: ScoreTrail, lengthMs: number, into: Float64Array, from = 0): void {
  const reach = Math.max(lengthMs, MINUTE_MS)
  for (let n = from; n < bars.size; n += 1) {
    const closes = bars.time[n] + lengthMs
    const at = trail.indexAt(closes)
    into[n] = at >= 0 && trail.time[at] > closes - reach ? trail.score[at] : NaN
    if (trail.latest.atMs >= bars.time[n] && trail.latest.atMs < closes) into[n] = trail.latest.score
  }
}
