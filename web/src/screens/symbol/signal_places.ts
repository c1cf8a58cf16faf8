import type { Bars } from '@/charts/bars'
import type { SignalRow } from '@/wire/rest'
import { closedUntil } from './bars_until'

/** So many signals stand on a chart, the newest. */
export const MOST_MARKED = 100
/** So many rules are named at one place. */
const MOST_NAMED = 2
const MOVED_SINCE = 'moved since'
/** What a character and the space between two labels take (px). */
const CHARACTER_PX = 6.5
const BETWEEN_PX = 6

/** Signals of one side that were raised in one bar: one marker. */
export interface Place {
  /** Into the bars. */
  index: number
  side: number
  /** The newest first. */
  rows: SignalRow[]
}

/** A price of a plan. */
export interface Level {
  name: 'entry' | 'stop' | 'first target' | 'last target'
  price: number
}

/** The bar in which *ms* lies: its open <= *ms* < its open + length; -1 where none is held. */
export function barAt(bars: Bars, ms: number, lengthMs: number): number {
  const at = closedUntil(bars, ms, lengthMs)
  return at < bars.size && bars.time[at] <= ms ? at : -1
}

/** What history and topic say of *symbol* since *fromMs*, the newest first; of one id what moved last counts. */
export function merged(
  history: readonly SignalRow[],
  told: readonly SignalRow[],
  symbol: string,
  fromMs: number,
): SignalRow[] {
  const found = new Map<string, SignalRow>()
  for (const one of [...history, ...told]) {
    if (one.symbol !== symbol || one.at_ms < fromMs) continue
    const known = found.get(one.id)
    const isLater = !known || one.moved_at_ms > known.moved_at_ms
    // A result comes without a move.
    if (isLater || (one.moved_at_ms === known.moved_at_ms && known.net_r === null)) found.set(one.id, one)
  }
  return [...found.values()].sort((a, b) => b.at_ms - a.at_ms || (a.id < b.id ? 1 : -1))
}

/** What was known of *rows* at *ms*, now where that is null: of what moved since, where it stood is not told. */
export function knownAt(rows: readonly SignalRow[], ms: number | null): readonly SignalRow[] {
  if (ms === null) return rows
  return rows
    .filter((one) => one.at_ms <= ms)
    .map((one) => (one.moved_at_ms <= ms ? one : { ...one, stage: MOVED_SINCE, is_open: false, net_r: null }))
}

/** Where the newest MOST_MARKED of *rows*, the newest first, stand on *bars*; what lies in no bar is left out. */
export function places(rows: readonly SignalRow[], bars: Bars, lengthMs: number): Place[] {
  const found = new Map<string, Place>()
  let marked = 0
  for (const row of rows) {
    if (marked === MOST_MARKED) break
    const index = barAt(bars, row.at_ms, lengthMs)
    if (index < 0) continue
    marked += 1
    const key = `${index} ${row.side}`
    const place = found.get(key)
    if (place) place.rows.push(row)
    else found.set(key, { index, side: row.side, rows: [row] })
  }
  return [...found.values()].sort((a, b) => a.index - b.index || a.side - b.side)
}

/** confluence is Conf, whale_flow is WF: there is little room at a candle. */
export function shortName(rule: string): string {
  const words = rule.split('_').filter(Boolean)
  if (words.length > 1) return words.map((word) => word[0].toUpperCase()).join('')
  return rule.charAt(0).toUpperCase() + rule.slice(1, 4)
}

/** What became of a signal, in one character; nothing as long as something may. */
export function fate(row: SignalRow): string {
  if (row.is_open || row.stage === MOVED_SINCE) return ''
  return row.stage === 'target' ? '✓' : row.stage === 'stopped' ? '✕' : '–'
}

/** What is written at a place: WF✓ Conf +1. */
export function label(place: Place): string {
  const names = place.rows.slice(0, MOST_NAMED).map((row) => shortName(row.rule) + fate(row))
  const more = place.rows.length - names.length
  return [...names, ...(more > 0 ? [`+${more}`] : [])].join(' ')
}

/** Whether a place is marked below its candle. */
export function isBelow(place: Place): boolean {
  return place.side > 0
}

/**
 * What is written at each of *places* where a bar is *barPx* wide: one for which there is no room beside a newer one on
 * its side of the candles is ''.
 */
export function labels(places: readonly Place[], barPx: number): string[] {
  const free = { above: Infinity, below: Infinity }
  const found: string[] = []
  for (const place of [...places].reverse()) {
    const row = isBelow(place) ? 'below' : 'above'
    const text = label(place)
    const half = (text.length * CHARACTER_PX + BETWEEN_PX) / 2
    const middle = place.index * barPx
    const hasRoom = middle + half <= free[row]
    if (hasRoom) free[row] = middle - half
    found.push(hasRoom ? text : '')
  }
  return found.reverse()
}

/** The trade whose plan is drawn: that of *id*, else the newest open one; null where there is neither. */
export function planned(rows: readonly SignalRow[], id: string): SignalRow | null {
  const trades = rows.filter((one) => one.kind === 'trade' && one.entry !== null)
  return trades.find((one) => one.id === id) ?? trades.find((one) => one.is_open) ?? null
}

/** Where a trade begins and ends. */
export function levels(row: SignalRow | null): Level[] {
  if (!row) return []
  const { entry, stop, first_target, last_target } = row
  const all: [Level['name'], number | null][] = [
    ['entry', entry],
    ['stop', stop],
    ['first target', first_target],
    ['last target', last_target === first_target ? null : last_target],
  ]
  return all.flatMap(([name, price]) => (price === null ? [] : [{ name, price }]))
}
