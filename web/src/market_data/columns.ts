import { COLUMNS, type ColumnName } from '@/wire/overview'
import type { OverviewDelta, OverviewSnapshot } from '@/wire/push'

/** A row and no row. */
export const NONE = -1

/**
 * The figures of all markets, one typed array a column, overwritten in place; NaN where a figure is not known.
 *
 * Row numbers hold until `universe` changes; a symbol outlives that. `movedAt` is when a price last moved, by the
 * page's clock (performance.now()), `moved` in which direction. Memory: 200 bytes a market.
 */
export class MarketColumns {
  universe = -1
  /** Counts what was applied, so that a reader sees whether anything is new. */
  version = 0
  symbols: readonly string[] = []
  regimes: readonly string[] = []
  states: readonly string[] = []
  decimals = new Uint8Array(0)
  moved = new Int8Array(0)
  movedAt = new Float64Array(0)
  readonly c = Object.fromEntries(COLUMNS.map((name) => [name, new Float64Array(0)])) as Record<
    ColumnName,
    Float64Array
  >
  /** When the newest message was sent (server's clock, ms); 0 before the first. */
  sentMs = 0
  /** When the newest trade of any market reached the server (its clock, ms). */
  newestTradeMs = 0
  private rows = new Map<string, number>()

  get size(): number {
    return this.symbols.length
  }

  rowOf(symbol: string): number {
    return this.rows.get(symbol) ?? NONE
  }

  stateOf(row: number): string {
    return this.states[this.c.state[row]] ?? 'waiting'
  }

  regimeOf(row: number): string {
    return this.regimes[this.c.regime[row]] ?? 'unknown'
  }

  snapshot(message: OverviewSnapshot): void {
    const size = message.symbols.length
    if (message.universe !== this.universe || size !== this.size) {
      this.symbols = message.symbols
      this.rows = new Map(message.symbols.map((symbol, row) => [symbol, row]))
      this.decimals = Uint8Array.from(message.decimals)
      this.moved = new Int8Array(size)
      this.movedAt = new Float64Array(size).fill(-Infinity)
      for (const name of COLUMNS) this.c[name] = new Float64Array(size).fill(NaN)
      this.newestTradeMs = 0
    }
    this.universe = message.universe
    this.regimes = message.regimes
    this.states = message.states
    for (const name of COLUMNS) {
      const values = message.c[name]
      if (!values) continue
      const into = this.c[name]
      for (let row = 0; row < size; row += 1) into[row] = values[row] ?? NaN
    }
    this.noteTrades()
    this.done(message.ts)
  }

  /** False when the delta belongs to another universe, and was left out. */
  delta(message: OverviewDelta, now: number): boolean {
    if (message.universe !== this.universe) return false
    const { i } = message
    const prices = message.c.price
    if (prices) {
      const price = this.c.price
      for (let n = 0; n < i.length; n += 1) {
        const after = prices[n]
        const before = price[i[n]]
        if (after === null || after === before || Number.isNaN(before)) continue
        this.moved[i[n]] = after > before ? 1 : -1
        this.movedAt[i[n]] = now
      }
    }
    for (const name of COLUMNS) {
      const values = message.c[name]
      if (!values) continue
      const into = this.c[name]
      for (let n = 0; n < i.length; n += 1) into[i[n]] = values[n] ?? NaN
    }
    if (message.c.last_ms) this.noteTrades()
    this.done(message.ts)
    return true
  }

  private noteTrades(): void {
    const last = this.c.last_ms
    for (let row = 0; row < last.length; row += 1) if (last[row] > this.newestTradeMs) this.newestTradeMs = last[row]
  }

  private done(ts: number): void {
    this.sentMs = ts
    this.version += 1
  }
}
