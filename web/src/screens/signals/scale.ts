import type { CalibrationBin, Scorecard } from '@/wire/rest'

/** Where a figure and its interval stand on a scale around 0, in per cent of its width. */
export interface Mark {
  low: number
  high: number
  at: number
}

/** The farthest end of any interval of a mean, and at least one R: what every bar of a table is drawn on. */
export function reach(cards: readonly Scorecard[]): number {
  const ends = cards.flatMap((one) => [one.mean_r ?? 0, ...(one.mean_r_interval ?? []), one.null_mean_r ?? 0])
  return Math.max(1, ...ends.map(Math.abs))
}

/** Where *value* stands between -*most* and *most*. */
export function place(value: number, most: number): number {
  return 50 + 50 * Math.min(1, Math.max(-1, value / most))
}

/** The mean of a card and its interval on the scale; null where it has none. */
export function meanMark(card: Scorecard, most: number): Mark | null {
  if (card.mean_r === null || card.mean_r_interval === null) return null
  const [low, high] = card.mean_r_interval
  return { low: place(low, most), high: place(high, most), at: place(card.mean_r, most) }
}

/** A bin of the reliability plot as it is drawn: shares of its width and height, from the lower left. */
export interface Point extends Mark {
  x: number
  bin: CalibrationBin
}

const LOWEST = 0
const HIGHEST = 100

/** The bins of which enough is known, from the lowest score to the highest. */
export function points(bins: readonly CalibrationBin[]): Point[] {
  return bins.flatMap((bin) =>
    bin.is_enough && bin.mean_score !== null && bin.win_rate !== null && bin.win_interval !== null
      ? [
          {
            x: (bin.mean_score - LOWEST) / (HIGHEST - LOWEST),
            at: bin.win_rate,
            low: bin.win_interval[0],
            high: bin.win_interval[1],
            bin,
          },
        ]
      : [],
  )
}
