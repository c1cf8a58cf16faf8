/** One level of a book: price, size, and the sizes of all levels up to it. */
export interface Level {
  price: number
  size: number
  sum: number
}

export interface BookShape {
  bids: Level[]
  asks: Level[]
  mid: number
  spread: number
  spreadBps: number
  /** Of the sizes shown, in [-1, 1]; above 0: more is bid for. */
  imbalance: number
  largest: number
  deepest: number
}

type Side = readonly (readonly [price: number, size: number])[]

/** The best *count* levels of each side with what lies between them; NaN where a side is empty. */
export function shapeOf(bids: Side, asks: Side, count: number): BookShape {
  const below = summed(bids, count)
  const above = summed(asks, count)
  const bid = below[0]?.price ?? NaN
  const ask = above[0]?.price ?? NaN
  const mid = (bid + ask) / 2
  const bidden = below.at(-1)?.sum ?? 0
  const offered = above.at(-1)?.sum ?? 0
  return {
    bids: below,
    asks: above,
    mid,
    spread: ask - bid,
    spreadBps: (1e4 * (ask - bid)) / mid,
    imbalance: bidden + offered > 0 ? (bidden - offered) / (bidden + offered) : NaN,
    largest: Math.max(0, ...below.map((one) => one.size), ...above.map((one) => one.size)),
    deepest: Math.max(bidden, offered),
  }
}

function summed(side: Side, count: number): Level[] {
  let sum = 0
  return side.slice(0, count).map(([price, size]) => {
    sum += size
    return { price, size, sum }
  })
}

export const STEP_MS = 5_000
export const STEPS = 180
export const LEVELS = 20

/**
 * The book of the last 15 minutes in steps of 5 seconds, as this page has seen it: the newest book of each step.
 *
 * Column i % STEPS holds step number i. Memory: 118 KB.
 */
export class DepthTrail {
  version = 0
  /** Number of the newest step, counted since the epoch; -1 before the first. */
  newest = -1
  private readonly steps = new Float64Array(STEPS).fill(-1)
  private readonly mids = new Float64Array(STEPS)
  private readonly prices = new Float64Array(STEPS * 2 * LEVELS)
  private readonly sizes = new Float64Array(STEPS * 2 * LEVELS)

  clear(): void {
    this.steps.fill(-1)
    this.newest = -1
    this.version += 1
  }

  put(ms: number, bids: Side, asks: Side): void {
    const step = Math.floor(ms / STEP_MS)
    if (step < this.newest) return
    const column = step % STEPS
    const from = column * 2 * LEVELS
    for (let n = 0; n < LEVELS; n += 1) {
      this.prices[from + n] = bids[n]?.[0] ?? NaN
      this.sizes[from + n] = bids[n]?.[1] ?? NaN
      this.prices[from + LEVELS + n] = asks[n]?.[0] ?? NaN
      this.sizes[from + LEVELS + n] = asks[n]?.[1] ?? NaN
    }
    this.mids[column] = bids[0] && asks[0] ? (bids[0][0] + asks[0][0]) / 2 : NaN
    this.steps[column] = step
    this.newest = step
    this.version += 1
  }

  /** How many steps of the last 15 minutes are held. */
  get held(): number {
    let count = 0
    for (let back = 0; back < STEPS; back += 1) if (this.has(this.newest - back)) count += 1
    return count
  }

  /** Steps from the oldest that is held to the newest. */
  get span(): number {
    for (let back = STEPS - 1; back >= 0; back -= 1) if (this.has(this.newest - back)) return back + 1
    return 0
  }

  has(step: number): boolean {
    return step >= 0 && this.steps[step % STEPS] === step
  }

  mid(step: number): number {
    return this.has(step) ? this.mids[step % STEPS] : NaN
  }

  /** Calls *act* for each level of a step. */
  each(step: number, act: (price: number, size: number, isBid: boolean) => void): void {
    if (!this.has(step)) return
    const from = (step % STEPS) * 2 * LEVELS
    for (let n = 0; n < 2 * LEVELS; n += 1) {
      if (!Number.isNaN(this.prices[from + n])) act(this.prices[from + n], this.sizes[from + n], n < LEVELS)
    }
  }

  /** Sizes of both sides of a step, in base currency. */
  sums(step: number): { bidden: number; offered: number } {
    let bidden = 0
    let offered = 0
    this.each(step, (_, size, isBid) => {
      if (isBid) bidden += size
      else offered += size
    })
    return { bidden, offered }
  }

  /** (bid - offered) / both, of each step, the oldest first; NaN where none is held. */
  imbalances(into: Float64Array): void {
    for (let n = 0; n < STEPS; n += 1) {
      const { bidden, offered } = this.sums(this.newest - STEPS + 1 + n)
      into[n] = bidden + offered > 0 ? (bidden - offered) / (bidden + offered) : NaN
    }
  }

  /**
   * The prices to draw: all that are held, or where the price went too far for its levels to be seen, eight times the
   * breadth of the newest book around its mid. usual: the size that 95 of 100 levels do not exceed.
   */
  view(): { low: number; high: number; usual: number } {
    const { low, high, usual } = this.range()
    let least = Infinity
    let most = -Infinity
    this.each(this.newest, (price) => {
      least = Math.min(least, price)
      most = Math.max(most, price)
    })
    const half = 4 * (most - least)
    const mid = this.mid(this.newest)
    if (!(half > 0) || Number.isNaN(mid) || high - low <= 2 * half) return { low, high, usual }
    return { low: Math.max(low, mid - half), high: Math.min(high, mid + half), usual }
  }

  /** The lowest and the highest price that is held, and the size that 95 of 100 levels do not exceed. */
  range(): { low: number; high: number; usual: number } {
    let low = Infinity
    let high = -Infinity
    const sizes: number[] = []
    for (let back = 0; back < STEPS; back += 1) {
      this.each(this.newest - back, (price, size) => {
        if (price < low) low = price
        if (price > high) high = price
        if (back % 4 === 0) sizes.push(size)
      })
    }
    sizes.sort((a, b) => a - b)
    return { low, high, usual: sizes[Math.floor(0.95 * (sizes.length - 1))] ?? NaN }
  }
}
