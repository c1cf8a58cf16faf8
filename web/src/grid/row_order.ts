/** What an order is made of: which rows, in groups, by which key. */
export interface OrderRule {
  /** Changes with the rule: a new one is followed at once, since the user asked for it. */
  id: string
  has(row: number): boolean
  /** Lower groups stand first, whatever their keys. */
  group(row: number): number
  /** NaN and '' stand last, in both directions. */
  key(row: number): number | string
  isDescending: boolean
}

/** The rows an order is made from; `universe` changes when row numbers change their meaning. */
export interface Ordered {
  readonly universe: number
  readonly size: number
  readonly symbols: readonly string[]
  rowOf(symbol: string): number
}

const EVERY_MS = 1000

/**
 * The order of the rows on the screen. It follows the figures at most once a second, and not while it is held.
 *
 * While held it keeps its order, and `pending` says how many rows would have to move. Rows that joined stand at the
 * end; rows that left are gone.
 */
export class RowOrder {
  rows: Int32Array = new Int32Array(0)
  pending = 0
  /** When it was held, by the clock given to `follow`; NaN while it follows. */
  heldSince = NaN
  private next: Int32Array = new Int32Array(0)
  private rule = ''
  private universe = -1
  private symbols: readonly string[] = []
  private followedAt = -Infinity

  get size(): number {
    return this.rows.length
  }

  indexOf(row: number): number {
    return this.rows.indexOf(row)
  }

  /** Follows the figures as far as it may; true when rows have moved, come or gone. */
  follow(rows: Ordered, rule: OrderRule, now: number, isHeld: boolean): boolean {
    const isAsked = rule.id !== this.rule
    const isRenumbered = rows.universe !== this.universe
    if (isRenumbered) this.renumber(rows)
    if (!isHeld) this.heldSince = NaN
    else if (Number.isNaN(this.heldSince)) this.heldSince = now
    if (!isAsked && !isRenumbered && now - this.followedAt < EVERY_MS) return false
    this.followedAt = now
    this.rule = rule.id
    this.next = sorted(rows, rule)
    if (isHeld && !isAsked) {
      const kept = merged(this.rows, this.next, rule)
      this.pending = moves(kept, this.next)
      return this.take(kept) || isRenumbered
    }
    this.pending = 0
    return this.take(this.next) || isRenumbered
  }

  /** Takes the order that the figures have now, held or not. */
  apply(): void {
    this.rows = this.next
    this.pending = 0
    this.followedAt = -Infinity
  }

  private take(rows: Int32Array): boolean {
    const isSame = rows.length === this.rows.length && rows.every((row, at) => row === this.rows[at])
    if (!isSame) this.rows = rows
    return !isSame
  }

  private renumber(rows: Ordered): void {
    const names = this.symbols
    this.rows = Int32Array.from([...this.rows].map((row) => rows.rowOf(names[row])).filter((row) => row >= 0))
    this.symbols = rows.symbols
    this.universe = rows.universe
  }
}

/** Every row that the rule has, in its order; equal keys by symbol. */
export function sorted(rows: Ordered, rule: OrderRule): Int32Array {
  const found: { row: number; group: number; key: number | string; isKnown: boolean }[] = []
  for (let row = 0; row < rows.size; row += 1) {
    if (!rule.has(row)) continue
    const key = rule.key(row)
    found.push({ row, group: rule.group(row), key, isKnown: typeof key === 'string' ? key !== '' : !Number.isNaN(key) })
  }
  const sign = rule.isDescending ? -1 : 1
  found.sort((a, b) => {
    if (a.group !== b.group) return a.group - b.group
    if (a.isKnown !== b.isKnown) return a.isKnown ? -1 : 1
    if (a.isKnown && a.key !== b.key) return a.key < b.key ? -sign : sign
    return rows.symbols[a.row] < rows.symbols[b.row] ? -1 : 1
  })
  return Int32Array.from(found, (one) => one.row)
}

/** The rows of *shown* that are still wanted, where they are, and those that joined behind them. */
function merged(shown: Int32Array, wanted: Int32Array, rule: OrderRule): Int32Array {
  const isShown = new Set(shown)
  const kept = [...shown].filter((row) => rule.has(row))
  return Int32Array.from([...kept, ...[...wanted].filter((row) => !isShown.has(row))])
}

/** How many rows have to move for *from* to become *to* of the same rows: all but the longest run that is in order. */
export function moves(from: Int32Array, to: Int32Array): number {
  const place = new Map<number, number>()
  to.forEach((row, at) => place.set(row, at))
  const ends: number[] = []
  for (const row of from) {
    const at = place.get(row)
    if (at === undefined) continue
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (ends[middle] < at) low = middle + 1
      else high = middle
    }
    ends[low] = at
  }
  return from.length - ends.length
}
