import { Recent } from '@/owned/recent'
import type { MarketColumns } from './columns'

/** A market whose score changed sides. */
export interface Turn {
  symbol: string
  side: 'long' | 'short' | 'neutral'
  score: number
  price: number
  atMs: number
}

/** What a value of the column `side` means: the server goes long from 65 and stays so until 58, and mirrored. */
export function sideOf(code: number): Turn['side'] | 'unknown' {
  if (Number.isNaN(code)) return 'unknown'
  return code > 0 ? 'long' : code < 0 ? 'short' : 'neutral'
}

/** Which scores changed sides while this tab looked: the last 100 of 24 hours. */
export class Turns {
  readonly log: Recent<Turn>
  private since = new Float64Array(0)
  private universe = -1

  constructor(now: () => number = Date.now) {
    this.log = new Recent<Turn>(100, 24 * 3_600_000, now)
  }

  /** Compares with what was seen before; the first look at a universe tells nothing. Returns the new ones. */
  look(columns: MarketColumns): Turn[] {
    const since = columns.c.score_since_ms
    const isFirst = columns.universe !== this.universe
    if (isFirst) {
      this.universe = columns.universe
      this.since = since.slice()
      return []
    }
    const found: Turn[] = []
    for (let row = 0; row < since.length; row += 1) {
      const at = since[row]
      if (!(at > 0) || at === this.since[row]) continue
      const isKnown = this.since[row] > 0
      this.since[row] = at
      const side = sideOf(columns.c.side[row])
      if (!isKnown || side === 'unknown') continue
      const turn = {
        symbol: columns.symbols[row],
        side,
        score: columns.c.score[row],
        price: columns.c.score_then_price[row],
        atMs: at,
      }
      found.push(turn)
      this.log.add(turn)
    }
    return found
  }
}
