import { href } from '@/app/router'
import { tripText } from '@/screens/symbol/chart_trip'
import { lengthMs, TIMEFRAMES, type Timeframe } from '@/screens/symbol/timeframes'
import type { TripRow } from '@/wire/rest'

/** Candles of each length that a monitor holds of a market by default. */
const HELD: Record<Timeframe, number> = {
  '10s': 360, '1m': 1440, '5m': 864, '15m': 672, '30m': 672, '1h': 720, '4h': 360, '1d': 365,
}

/** The shortest candles, not shorter than *least*, of which those since *fromMs* are held; null where none are. */
export function timeframeSince(fromMs: number, least: string, nowMs: number): Timeframe | null {
  const from = Math.max(0, TIMEFRAMES.indexOf(least as Timeframe))
  return TIMEFRAMES.slice(from).find((one) => nowMs - fromMs < HELD[one] * lengthMs(one)) ?? null
}

/** The chart of the market on which *trip* of *run* is marked; '' where its candles are not held any more. */
export function chartOf(trip: TripRow, run: string, timeframe: string, nowMs: number): string {
  const shown = timeframeSince(trip.entry_ms, timeframe, nowMs)
  if (!shown) return ''
  const text = tripText({
    run,
    side: trip.side === 'short' ? -1 : 1,
    entryMs: trip.entry_ms,
    entryPrice: trip.entry_price,
    exitMs: trip.exit_ms,
    exitPrice: trip.exit_price,
  })
  return href('symbol', trip.symbol, { tf: shown, trip: text })
}
