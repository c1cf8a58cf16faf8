import { ledger } from '@/owned/ledger'
import { Lru } from '@/owned/lru'
import type { Owned } from '@/owned/owned'
import { get } from '@/rest/client'
import type { CandleRow } from '@/wire/push'
import type { Candles } from '@/wire/rest'

/** A chart holds at most this many bars; with one more it goes on with the last 1000. */
export const MOST_BARS = 1500
export const KEPT_BARS = 1000
const MOST_SYMBOLS = 10
const FIELDS = ['time', 'open', 'high', 'low', 'close', 'volume', 'turnover', 'bought'] as const

/**
 * Candles of one symbol and timeframe as columns, the oldest first; `time` is the open time (ms).
 *
 * `version` grows with every change. `cut` is how many bars the newest cut took from the front, so that a view can
 * shift along. Memory: 96 KB.
 */
export class Bars {
  size = 0
  version = 0
  cuts = 0
  /** Spans without data, of those the server told. */
  gaps: readonly { from_ms: number; to_ms: number }[] = []
  readonly time = new Float64Array(MOST_BARS)
  readonly open = new Float64Array(MOST_BARS)
  readonly high = new Float64Array(MOST_BARS)
  readonly low = new Float64Array(MOST_BARS)
  readonly close = new Float64Array(MOST_BARS)
  readonly volume = new Float64Array(MOST_BARS)
  readonly turnover = new Float64Array(MOST_BARS)
  readonly bought = new Float64Array(MOST_BARS)

  constructor(
    readonly symbol: string,
    readonly timeframe: string,
  ) {}

  /** Puts a candle where its open time belongs: over an equal one, or at the end; one in between is left out. */
  put(row: CandleRow): void {
    let at = this.size
    while (at > 0 && this.time[at - 1] > row[0]) at -= 1
    const isThere = at > 0 && this.time[at - 1] === row[0]
    if (isThere) at -= 1
    else if (at < this.size) return
    if (!isThere && this.size === MOST_BARS) at = this.cut()
    FIELDS.forEach((field, n) => (this[field][at] = row[n] ?? NaN))
    if (!isThere) this.size += 1
    this.version += 1
  }

  /** Replaces everything with what the server answered; the newest MOST_BARS of it. */
  fill(answer: Candles): void {
    const { columns } = answer
    const from = Math.max(0, columns.open_time_ms.length - MOST_BARS)
    this.size = columns.open_time_ms.length - from
    const given = [
      columns.open_time_ms,
      columns.open,
      columns.high,
      columns.low,
      columns.close,
      columns.volume,
      columns.turnover,
      columns.bought,
    ]
    FIELDS.forEach((field, n) => {
      for (let row = 0; row < this.size; row += 1) this[field][row] = given[n][row + from] ?? NaN
    })
    this.gaps = answer.holes ?? []
    this.version += 1
    const open = answer.provisional
    if (open) {
      const { open_time_ms, high, low, close, volume, turnover, bought } = open
      this.put([open_time_ms, open.open, high, low, close, volume, turnover, bought ?? NaN])
    }
  }

  private cut(): number {
    const from = MOST_BARS - KEPT_BARS
    for (const field of FIELDS) this[field].copyWithin(0, from, MOST_BARS)
    this.size = KEPT_BARS
    this.cuts += from
    return this.size
  }
}

/** Columns of what was looked at lately: 20 charts of at most 10 symbols, for five minutes. Never a chart itself. */
export class BarCache {
  readonly held: Lru<Bars>

  constructor(now: () => number = Date.now) {
    this.held = new Lru<Bars>(20, 5 * 60_000, now)
  }

  get(symbol: string, timeframe: string): Bars | undefined {
    return this.held.get(`${symbol} ${timeframe}`)
  }

  put(bars: Bars): void {
    const symbols = new Set([...this.held.keys()].map((key) => key.split(' ')[0]))
    if (!symbols.has(bars.symbol) && symbols.size >= MOST_SYMBOLS) {
      const [oldest] = symbols
      for (const key of [...this.held.keys()]) if (key.startsWith(`${oldest} `)) this.held.delete(key)
    }
    this.held.put(`${bars.symbol} ${bars.timeframe}`, bars)
  }

  get symbols(): number {
    return new Set([...this.held.keys()].map((key) => key.split(' ')[0])).size
  }
}

export const barCache = new BarCache()
ledger.register('bars', () => ({
  size: barCache.held.size,
  capacity: barCache.held.capacity,
  symbols: barCache.symbols,
  hits: barCache.held.hits,
  misses: barCache.held.misses,
  evicted: barCache.held.evicted,
  expired: barCache.held.expired,
}))

/** The candles of a symbol: from the cache while they are fresh, else from the server. Throws RestError. */
export async function loadBars(owned: Owned, symbol: string, timeframe: string, limit = KEPT_BARS): Promise<Bars> {
  sweepSoon()
  const cached = barCache.get(symbol, timeframe)
  if (cached && cached.size >= Math.min(limit, KEPT_BARS)) return cached
  const { signal, done } = owned.request()
  try {
    const path = `symbols/${encodeURIComponent(symbol)}/candles`
    const answer = await get<Candles>(path, { timeframe, limit }, signal)
    const bars = new Bars(symbol, timeframe)
    bars.fill(answer)
    if (limit >= KEPT_BARS || answer.next_before_ms === null) barCache.put(bars)
    return bars
  } finally {
    done()
  }
}

let isSweeping = false

/** Looks once a minute for what is too old, for as long as anything is held. */
function sweepSoon(): void {
  if (isSweeping) return
  isSweeping = true
  // eslint-disable-next-line no-restricted-globals -- ends by itself once the cache is empty
  setTimeout(() => {
    isSweeping = false
    if (barCache.held.sweep()) sweepSoon()
  }, 60_000)
}
