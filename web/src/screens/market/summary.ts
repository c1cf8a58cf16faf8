import type { MarketColumns } from '@/market_data/columns'
import { sideOf } from '@/market_data/turns'

/** The market in a few figures, of the markets that have them; NaN where none has. */
export interface MarketSummary {
  up: number
  flat: number
  down: number
  long: number
  short: number
  scored: number
  median: number
  turnover: number
  openInterest: number
  /** Of all funding rates, weighed by turnover. */
  funding: number
  old: number
  regimes: Record<string, number>
}

const FLAT = 0.0005

export function summarise(market: MarketColumns): MarketSummary {
  const { c } = market
  const found: MarketSummary = {
    up: 0,
    flat: 0,
    down: 0,
    long: 0,
    short: 0,
    scored: 0,
    median: NaN,
    turnover: NaN,
    openInterest: NaN,
    funding: NaN,
    old: 0,
    regimes: {},
  }
  const scores: number[] = []
  let [turnover, openInterest, weighed, weight] = [0, 0, 0, 0]
  for (let row = 0; row < market.size; row += 1) {
    const change = c.change_24h[row]
    if (change > FLAT) found.up += 1
    else if (change < -FLAT) found.down += 1
    else if (!Number.isNaN(change)) found.flat += 1
    const score = c.score[row]
    if (!Number.isNaN(score)) scores.push(score)
    const side = sideOf(c.side[row])
    if (side === 'long') found.long += 1
    else if (side === 'short') found.short += 1
    if (c.turnover_24h[row] > 0) turnover += c.turnover_24h[row]
    if (c.open_interest[row] > 0) openInterest += c.open_interest[row]
    if (!Number.isNaN(c.funding[row]) && c.turnover_24h[row] > 0) {
      weighed += c.funding[row] * c.turnover_24h[row]
      weight += c.turnover_24h[row]
    }
    const state = market.stateOf(row)
    if (state !== 'live' && state !== 'polled') found.old += 1
    const regime = market.regimeOf(row)
    found.regimes[regime] = (found.regimes[regime] ?? 0) + 1
  }
  scores.sort((a, b) => a - b)
  found.scored = scores.length
  if (scores.length > 0) {
    const middle = scores.length >> 1
    found.median = scores.length % 2 ? scores[middle] : (scores[middle - 1] + scores[middle]) / 2
  }
  if (turnover > 0) found.turnover = turnover
  if (openInterest > 0) found.openInterest = openInterest
  if (weight > 0) found.funding = weighed / weight
  return found
}
