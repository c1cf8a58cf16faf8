import type { Dated } from './rest'

/** The opening of a bar (ns), as the server tells it. */
export type BarTime = number

/** When a bar opened (ms). */
export function openedMs(time: BarTime): number {
  return time / 1e6
}

/** A rule of an event held against what was measured. */
export interface Judged {
  rule: string
  text: string
  measured: number
  /** ">=" or "<=". */
  sense: string
  threshold: number
  unit: string
  passed: boolean
  required: boolean
}

export interface EventView {
  id: string
  name: string
  title: string
  /** 1 as support is tested or resistance broken, -1 mirrored. */
  direction: number
  phase: string
  at: BarTime
  confirmed: BarTime
  level: number
  confidence: number | null
  is_withdrawn: boolean
  range_id: number
  rules: Judged[]
  facts: Record<string, number>
}

/** A climax that waits for its range, with its reaction where there is one. */
export interface CandidateView {
  name: string
  title: string
  direction: number
  at: BarTime
  level: number
  reaction: number | null
}

export interface PhaseView {
  phase: string
  begin: BarTime
  end: BarTime | null
}

export interface QualityPart {
  name: string
  points: number
  most: number
  measured: number
  unit: string
}

export interface RangeView {
  id: number
  origin: string
  begin: BarTime
  bars: number
  creek: number
  ice: number
  width_atr: number
  phase: string
  phase_since: BarTime
  likelihoods: Record<string, number>
  broken: number
  /** Of the ice, and of the creek. */
  touches: [number, number]
  contained: number
  quality: number
  parts: QualityPart[]
  phases: PhaseView[]
}

export interface PastRange {
  id: number
  begin: BarTime
  ended: BarTime
  creek: number
  ice: number
  direction: number
  end: string
}

export interface SchematicView {
  template: string
  direction: number
  score: number
  points: [BarTime, number][]
  missing: string[]
}

export interface FigureColumn {
  /** "X" or "O". */
  kind: string
  is_shared: boolean
  low_box: number
  high_box: number
  low: number
  high: number
  begin: BarTime
  end: BarTime
}

export interface FigureChart {
  boxes: { unit: number; is_log: boolean }
  reversal: number
  columns: FigureColumn[]
  begun: number
}

export interface CauseView {
  direction: number
  box_percent: number
  reversal: number
  columns: number
  line: number
  conservative: number | null
  halfway: number | null
  maximum: number | null
  is_whole: boolean
  chart: FigureChart
}

export interface Reading {
  as_of: BarTime | null
  bars: number
  profile: string
  phase: string
  direction: number
  range: RangeView | null
  events: EventView[]
  past: PastRange[]
  schematic: SchematicView | null
  cause: CauseView | null
  candidate: CandidateView | null
  waiting: string | null
  next: string[]
}

/** The timeframe above, and whether it leans the same way. */
export interface HigherView {
  timeframe: string
  phase: string
  direction: number
  agrees: boolean
}

export interface StructureTold extends Dated {
  symbol: string
  timeframe: string
  age_s: number
  timeframes: string[]
  higher: HigherView | null
  reading: Reading
}

export interface ScanEvent {
  name: string
  confirmed: BarTime
  confidence: number | null
  level: number
}

export interface ScanRow {
  symbol: string
  phase: string
  direction: number
  likelihood: number | null
  quality: number | null
  newest_event: ScanEvent | null
  schematic: string | null
  score: number | null
  creek: number | null
  ice: number | null
  price: number | null
  bars_since_event: number | null
  higher: HigherView | null
}

export interface ScanTold extends Dated {
  timeframe: string
  rows: ScanRow[]
  /** So many markets have had too few bars. */
  warming_up: number
}
