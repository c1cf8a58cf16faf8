import type { Ordered } from '@/grid/row_order'
import type { BacktestRow, UnderWay } from '@/wire/rest'
import { isAtWork } from './words'

/** The runs of one page by their numbers, and how far those are that are at work; only the newest page is kept. */
export class RunBook implements Ordered {
  universe = 0
  rows: readonly BacktestRow[] = []
  /** Their ids. */
  symbols: readonly string[] = []
  private readonly numbers = new Map<string, number>()
  private readonly working = new Map<string, UnderWay>()

  get size(): number {
    return this.rows.length
  }

  rowOf(id: string): number {
    return this.numbers.get(id) ?? -1
  }

  /** Takes a page instead of the one before. */
  take(rows: readonly BacktestRow[]): void {
    const isSame = rows.length === this.symbols.length && rows.every((one, n) => one.id === this.symbols[n])
    this.rows = rows
    if (isSame) return
    this.symbols = rows.map((one) => one.id)
    this.numbers.clear()
    this.symbols.forEach((id, n) => this.numbers.set(id, n))
    this.universe += 1
  }

  /** Takes what is at work now instead of what was. */
  follow(working: readonly UnderWay[]): void {
    this.working.clear()
    for (const one of working) if (isAtWork(one.state)) this.working.set(one.id, one)
  }

  /** What of row *row* is at work; undefined where it is not. */
  atWork(row: number): UnderWay | undefined {
    return this.working.get(this.symbols[row])
  }

  /** How row *row* stands now. */
  stateOf(row: number): string {
    return this.atWork(row)?.state ?? this.rows[row]?.state ?? ''
  }
}

/** How far it is, from 0 to 1; 0 where it has not begun. What comes after the last candle takes its time as well. */
export function progressOf({ done, candles }: Pick<UnderWay, 'done' | 'candles'>): number {
  return candles ? Math.min(0.99, done / candles) : 0
}
