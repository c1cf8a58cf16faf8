const MINUTE = 60_000

/** What can be shown, the shortest first; the digits 1 to 7 choose from the second on. */
export const TIMEFRAMES = ['10s', '1m', '5m', '15m', '30m', '1h', '4h', '1d'] as const

export type Timeframe = (typeof TIMEFRAMES)[number]

export const DEFAULT_TIMEFRAME: Timeframe = '1m'

const MS: Record<Timeframe, number> = {
  '10s': 10_000,
  '1m': MINUTE,
  '5m': 5 * MINUTE,
  '15m': 15 * MINUTE,
  '30m': 30 * MINUTE,
  '1h': 60 * MINUTE,
  '4h': 240 * MINUTE,
  '1d': 1440 * MINUTE,
}

/** How long one candle is (ms). */
export function lengthMs(timeframe: Timeframe): number {
  return MS[timeframe]
}

export function timeframeOf(text: string | undefined): Timeframe {
  return TIMEFRAMES.find((one) => one === text) ?? DEFAULT_TIMEFRAME
}

/** In which structure is read by default. */
const STRUCTURED: readonly string[] = ['5m', '1h', '4h', '1d']

/** The candles whose structure is shown beside those of *timeframe*: the same, or the next longer that are *read*. */
export function structuredIn(timeframe: Timeframe, read: readonly string[]): Timeframe {
  const wanted = read.length > 0 ? read : STRUCTURED
  const known = TIMEFRAMES.filter((one) => wanted.includes(one))
  return known.find((one) => lengthMs(one) >= lengthMs(timeframe)) ?? known.at(-1) ?? timeframe
}
