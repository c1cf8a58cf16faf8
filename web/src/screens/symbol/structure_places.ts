import type { Bars } from '@/charts/bars'
import type { StructureEvent, StructureReading } from '@/wire/rest'
import { closedUntil } from './bars_until'

/** So many labels of events stand on a chart, the newest; and so many rows of them on each side of the candles. */
export const MOST_LABELS = 24
export const ROWS = 4
export const LABEL_PX = 15
/** From a candle to the first row of labels, and where a signal stands between them. */
const GAP_PX = 9
const SIGNAL_PX = 30
/** Between two labels, and between a label and its end of the pane. */
const BETWEEN_PX = 3
/** Those that lie where the price came to, on the far side of the range from where it began. */
const ARRIVALS = new Set(['AR', 'SOS', 'SOW'])

/** A range as a rectangle: indices into the bars, which may lie before the first or after the last of them. */
export interface Box {
  id: number
  from: number
  to: number
  creek: number
  ice: number
}

export interface Band {
  phase: string
  from: number
  to: number
}

export interface Mark {
  id: string
  index: number
  level: number
  isBelow: boolean
  text: string
  direction: number
  kind: 'event' | 'withdrawn' | 'waiting'
}

/** What is drawn of a reading. */
export interface Drawn {
  range: Box | null
  past: Box[]
  bands: Band[]
  /** The oldest first. */
  marks: Mark[]
  path: { index: number; price: number }[]
}

export const NOTHING: Drawn = { range: null, past: [], bands: [], marks: [], path: [] }

/** Where the bar that opened at *ms* stands; in steps of its length where it is not held. NaN without any bars. */
export function indexAt(bars: Bars, ms: number, lengthMs: number): number {
  if (bars.size === 0) return NaN
  const last = bars.size - 1
  if (ms < bars.time[0]) return Math.round((ms - bars.time[0]) / lengthMs)
  if (ms > bars.time[last]) return last + Math.round((ms - bars.time[last]) / lengthMs)
  return Math.min(last, closedUntil(bars, ms, lengthMs))
}

/** Whether an event is marked below its candle: where the price turned up, or broke down to. */
export function isLow(name: string, direction: number): boolean {
  return direction > 0 !== ARRIVALS.has(name)
}

const arrow = (direction: number) => (direction > 0 ? '▲' : '▼')

/** What was known of *events* at *ms*, now where that is null. */
export function eventsAt(
  events: readonly StructureEvent[],
  ms: number | null,
  lengthMs: number,
): readonly StructureEvent[] {
  return ms === null ? events : events.filter((one) => one.confirmed_ms + lengthMs <= ms)
}

/**
 * Lays a reading over *bars*. As of a moment before, only the events that were known then: what the range was at that
 * moment is not told.
 */
export function drawn(reading: StructureReading | null, bars: Bars, lengthMs: number, asOfMs: number | null): Drawn {
  if (!reading || bars.size === 0) return NOTHING
  const at = (ms: number) => indexAt(bars, ms, lengthMs)
  const marks: Mark[] = []
  for (const one of eventsAt(reading.events, asOfMs, lengthMs)) {
    const index = at(one.at_ms)
    if (index < 0 || index >= bars.size) continue
    const { id, name, direction, level } = one
    // What was taken back later was not taken back then, and when is not told.
    const isBack = one.is_withdrawn && asOfMs === null
    marks.push({
      id, index, level, direction, isBelow: isLow(name, direction), text: `${arrow(direction)} ${name}`,
      kind: isBack ? 'withdrawn' : 'event',
    })
  }
  marks.sort((a, b) => a.index - b.index)
  if (asOfMs !== null) return { ...NOTHING, marks }
  const { candidate, range, past, schematic } = reading
  const begun = candidate ? at(candidate.at_ms) : -1
  if (candidate && begun >= 0 && begun < bars.size) {
    const { name, direction, level } = candidate
    marks.push({
      id: '', index: begun, level, direction, isBelow: isLow(name, direction), text: `${arrow(direction)} ${name} ?`,
      kind: 'waiting',
    })
  }
  const end = bars.size - 1
  return {
    marks,
    range: range && { id: range.id, from: at(range.begin_ms), to: end, creek: range.creek, ice: range.ice },
    past: past
      .map(({ id, begin_ms, ended_ms, creek, ice }) => ({ id, from: at(begin_ms), to: at(ended_ms), creek, ice }))
      .filter((one) => one.to >= 0 && one.to > one.from),
    bands: (range?.phases ?? []).map(({ phase, begin_ms, end_ms }) => ({
      phase,
      from: at(begin_ms),
      to: end_ms === null ? end : at(end_ms),
    })),
    path: (schematic?.points ?? []).map(([ms, price]) => ({ index: at(ms), price })),
  }
}

export interface Rect {
  x: number
  y: number
  width: number
  height: number
}

/** Where a label would like to stand: beside a candle whose extreme is at (x, y). */
export interface Wish {
  x: number
  y: number
  width: number
  isBelow: boolean
  /** Whether a signal stands between. */
  isBehindSignal: boolean
}

export function touches(a: Rect, b: Rect, between = 0): boolean {
  return (
    a.x < b.x + b.width + between &&
    b.x < a.x + a.width + between &&
    a.y < b.y + b.height + between &&
    b.y < a.y + a.height + between
  )
}

/**
 * A place for each of *wishes*, the oldest first: in the nearest row that is free of *taken* and of the others, the
 * newest choosing first; null where there is none, or for more than MOST_LABELS.
 */
export function placed(
  wishes: readonly Wish[],
  pane: { width: number; height: number },
  taken: readonly Rect[],
): (Rect | null)[] {
  const found: (Rect | null)[] = wishes.map(() => null)
  const stand: Rect[] = [...taken]
  let left = MOST_LABELS
  for (let n = wishes.length - 1; n >= 0 && left > 0; n -= 1) {
    const { x, y, width, isBelow, isBehindSignal } = wishes[n]
    const from = GAP_PX + (isBehindSignal ? SIGNAL_PX : 0)
    const most = pane.width - width - BETWEEN_PX
    for (let row = 0; row < ROWS; row += 1) {
      const away = from + row * (LABEL_PX + BETWEEN_PX)
      const rect = {
        x: Math.max(BETWEEN_PX, Math.min(most, x - width / 2)),
        y: isBelow ? y + away : y - away - LABEL_PX,
        width,
        height: LABEL_PX,
      }
      if (rect.y < 0 || rect.y + rect.height > pane.height) break
      if (stand.some((one) => touches(one, rect, BETWEEN_PX))) continue
      found[n] = rect
      stand.push(rect)
      left -= 1
      break
    }
  }
  return found
}

/** The part of [from, to] that is in view, and where a letter stands in it; null where nothing is. */
export function inView(from: number, to: number, width: number): { from: number; to: number } | null {
  const begin = Math.max(from, 0)
  const end = Math.min(to, width)
  return end > begin ? { from: begin, to: end } : null
}
