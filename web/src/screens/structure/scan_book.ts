import type { Ordered } from '@/grid/row_order'
import type { ScanRow } from '@/wire/rest'

/** The rows of the newest scan, by their numbers; only the newest is kept. */
export class ScanBook implements Ordered {
  universe = 0
  rows: readonly ScanRow[] = []
  symbols: readonly string[] = []
  timeframe = ''
  private readonly numbers = new Map<string, number>()

  get size(): number {
    return this.rows.length
  }

  rowOf(symbol: string): number {
    return this.numbers.get(symbol) ?? -1
  }

  /** Takes a scan instead of the one before; the numbers of its rows are new where other markets are in it. */
  take(rows: readonly ScanRow[], timeframe: string): void {
    this.rows = rows
    this.timeframe = timeframe
    const isSame = rows.length === this.symbols.length && rows.every((one, n) => one.symbol === this.symbols[n])
    if (isSame) return
    this.symbols = rows.map((one) => one.symbol)
    this.numbers.clear()
    this.symbols.forEach((symbol, n) => this.numbers.set(symbol, n))
    this.universe += 1
  }
}
