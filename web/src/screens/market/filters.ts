import type { ColumnName } from '@/wire/overview'
import type { MarketColumns } from '@/market_data/columns'

export type Operator = '>=' | '<='

/** A figure that has to be at least or at most so much, or a word that has to be the case. */
export type Condition =
  | { kind: 'number'; column: ColumnName; operator: Operator; value: number }
  | { kind: 'regime'; name: string }
  | { kind: 'state'; name: 'fresh' | 'old' }
  | { kind: 'watched' }
  | { kind: 'turned'; minutes: number }

/** The figures that can be filtered by: how they are called, and what one unit of what a user writes is. */
export const FIGURES: readonly { column: ColumnName; title: string; unit: string; scale: number }[] = [
  { column: 'score', title: 'Score', unit: '', scale: 1 },
  { column: 'order_flow', title: 'Order flow', unit: '', scale: 1 },
  { column: 'order_book', title: 'Order book', unit: '', scale: 1 },
  { column: 'volume', title: 'Volume', unit: '', scale: 1 },
  { column: 'structure', title: 'Structure', unit: '', scale: 1 },
  { column: 'technical', title: 'Technical', unit: '', scale: 1 },
  { column: 'sentiment', title: 'Sentiment', unit: '', scale: 1 },
  { column: 'change_1h', title: 'Change 1h', unit: '%', scale: 0.01 },
  { column: 'change_24h', title: 'Change 24h', unit: '%', scale: 0.01 },
  { column: 'turnover_24h', title: 'Turnover 24h', unit: 'M', scale: 1e6 },
  { column: 'open_interest_change_1h', title: 'OI change 1h', unit: '%', scale: 0.01 },
  { column: 'open_interest_change_24h', title: 'OI change 24h', unit: '%', scale: 0.01 },
  { column: 'funding', title: 'Funding', unit: '%', scale: 0.01 },
  { column: 'basis_bps', title: 'Basis', unit: 'bp', scale: 1 },
  { column: 'spread_bps', title: 'Spread', unit: 'bp', scale: 1 },
  { column: 'trades_per_s', title: 'Trades/s', unit: '', scale: 1 },
  { column: 'coverage', title: 'Coverage', unit: '%', scale: 0.01 },
]

const figure = (column: string) => FIGURES.find((one) => one.column === column)

/** As it stands in the address: `score>=70,funding<=0,watched,regime=range,state=old,turned=15`. */
export function write(conditions: readonly Condition[]): string {
  return conditions
    .map((one) => {
      switch (one.kind) {
        case 'number':
          return `${one.column}${one.operator}${rounded(one.value / (figure(one.column)?.scale ?? 1))}`
        case 'regime':
          return `regime=${one.name}`
        case 'state':
          return `state=${one.name}`
        case 'turned':
          return `turned=${one.minutes}`
        case 'watched':
          return 'watched'
      }
    })
    .join(',')
}

/** The conditions in *text*; what cannot be understood is left out. At most ten. */
export function read(text: string): Condition[] {
  const found: Condition[] = []
  for (const part of text.split(',').slice(0, 10)) {
    const number = /^([a-z_0-9]+)(>=|<=)(-?[\d.]+)$/.exec(part)
    const word = /^(regime|state|turned)=(\w+)$/.exec(part)
    if (number) {
      const known = figure(number[1])
      const value = Number(number[3])
      if (known && Number.isFinite(value)) {
        const operator = number[2] as Operator
        found.push({ kind: 'number', column: known.column, operator, value: value * known.scale })
      }
    } else if (part === 'watched') found.push({ kind: 'watched' })
    else if (word?.[1] === 'regime') found.push({ kind: 'regime', name: word[2] })
    else if (word?.[1] === 'state' && (word[2] === 'fresh' || word[2] === 'old')) {
      found.push({ kind: 'state', name: word[2] })
    } else if (word?.[1] === 'turned' && Number(word[2]) > 0) found.push({ kind: 'turned', minutes: Number(word[2]) })
  }
  return found
}

/** As a person says it. */
export function words(one: Condition): string {
  switch (one.kind) {
    case 'number': {
      const known = figure(one.column)
      const value = rounded(one.value / (known?.scale ?? 1))
      return `${known?.title ?? one.column} ${one.operator === '>=' ? '≥' : '≤'} ${value}${known?.unit ? ` ${known.unit}` : ''}`
    }
    case 'regime':
      return `regime ${one.name.replace('_', ' ')}`
    case 'state':
      return one.name
    case 'turned':
      return `turned within ${one.minutes} min`
    case 'watched':
      return 'watched'
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(6))
}

/** Whether a row fulfils one condition. *now* is by the server's clock; a figure that is not known fulfils none. */
export function holds(
  one: Condition,
  market: MarketColumns,
  row: number,
  watched: ReadonlySet<string>,
  now: number,
): boolean {
  switch (one.kind) {
    case 'number': {
      const value = market.c[one.column][row]
      return one.operator === '>=' ? value >= one.value : value <= one.value
    }
    case 'regime':
      return market.regimeOf(row) === one.name
    case 'state': {
      const state = market.stateOf(row)
      return (state === 'live' || state === 'polled') === (one.name === 'fresh')
    }
    case 'turned':
      return market.c.score_since_ms[row] >= now - one.minutes * 60_000
    case 'watched':
      return watched.has(market.symbols[row])
  }
}

/** A number condition that would have to give way, to what, and for which market. */
export interface Relaxation {
  at: number
  symbol: string
  value: number
}

/** A figure of two digits, one to two of its steps beside *value*: the market moves before anybody has clicked. */
function beside(value: number, way: 1 | -1): number {
  const step = 10 ** ((value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))) - 1)
  return rounded((Math.floor((way * value) / step + 1e-9) + 1) * step * way)
}

/** Which single figure, relaxed the least of its own size, would let a market in. */
export function relax(
  conditions: readonly Condition[],
  market: MarketColumns,
  has: (row: number, without: number) => boolean,
): Relaxation | null {
  let best: (Relaxation & { distance: number }) | null = null
  conditions.forEach((one, at) => {
    if (one.kind !== 'number') return
    const scale = figure(one.column)?.scale ?? 1
    for (let row = 0; row < market.size; row += 1) {
      const value = market.c[one.column][row]
      if (Number.isNaN(value) || !has(row, at)) continue
      const distance = Math.abs(value - one.value) / (Math.abs(one.value) || scale)
      if (best && best.distance <= distance) continue
      const way = one.operator === '>=' ? -1 : 1
      best = { at, symbol: market.symbols[row], value: beside(value / scale, way) * scale, distance }
    }
  })
  return best
}
