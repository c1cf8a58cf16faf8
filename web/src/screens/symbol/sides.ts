/** Where a score becomes long, and where it ceases to be; short is the mirror of both. */
export const ENTER = 65
export const LEAVE = 58

export type Side = 'long' | 'short' | 'neutral' | 'unknown'

/** The side after a score, given the one before: long from 65 up until below 58, short mirrored. */
export function sideAfter(before: Side, score: number): Side {
  if (Number.isNaN(score)) return 'unknown'
  if (score >= (before === 'long' ? LEAVE : ENTER)) return 'long'
  if (score <= 100 - (before === 'short' ? LEAVE : ENTER)) return 'short'
  return 'neutral'
}

/** The side at the end of *scores*, the oldest first; NaN is a score that was not known. */
export function sideAtEnd(scores: Iterable<number>): Side {
  let side: Side = 'unknown'
  for (const score of scores) side = sideAfter(side, score)
  return side
}

export const SIDE_GLYPH: Record<Side, string> = { long: '▲', short: '▼', neutral: '●', unknown: '○' }
export const SIDE_CLASS: Record<Side, string> = { long: 'up', short: 'down', neutral: 'flat', unknown: 'muted' }
