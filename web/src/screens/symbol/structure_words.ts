import { date } from '@/format/ages'
import { figure, plain } from '@/screens/signals/words'
import type { Judged, PastRange, QualityPart, StructureEvent, StructureReading } from '@/wire/rest'

/** What a confidence is: it says nothing of where the price goes. */
export const CONFIDENCE =
  'Confidence is the share of such events that were planted ones where it was measured, on markets made with a known ' +
  'structure and on others without any. It does not say how often the price went on.'

/** An event stays known for as long as its range; the newest stand first, by when they were known. */
export function newestFirst(events: readonly StructureEvent[]): StructureEvent[] {
  return [...events].sort((a, b) => b.confirmed_ms - a.confirmed_ms || b.at_ms - a.at_ms)
}

/** A figure of a rule with its unit; one in per cent is told as a logarithm. */
export function measured(value: number | null, unit: string): string {
  if (value === null || !Number.isFinite(value)) return '–'
  if (unit === '%') return `${figure(Number((100 * Math.expm1(value)).toPrecision(4)))} %`
  return `${figure(Number(value.toPrecision(4)))}${unit ? ` ${unit}` : ''}`
}

/** What a rule asks for: at least 1.8. */
export function asks({ sense, threshold, unit }: Judged): string {
  return `${sense === '<=' ? 'at most' : 'at least'} ${measured(threshold, unit)}`
}

/** Passed; or not, and whether that mattered. */
export function verdict({ passed, required }: Judged): { glyph: string; word: string; tone: string } {
  if (passed) return { glyph: '✓', word: 'passed', tone: 'good' }
  return required ? { glyph: '✕', word: 'not passed', tone: 'bad' } : { glyph: '–', word: 'not passed', tone: 'muted' }
}

/** How a range came to its end, and why. */
export function ending({ end, direction, reason }: PastRange): string {
  return end === 'left' ? `${direction > 0 ? '▲' : '▼'} ${reason}` : reason
}

/** A part of the quality in words: 0.93 of closes inside. */
export function part({ name, measured: value, unit }: QualityPart): string {
  return `${plain(name)}: ${figure(Number(value.toPrecision(3)))} ${unit}`
}

/** Ranges that are over, the newest first. */
export function newestEnd(past: readonly PastRange[]): PastRange[] {
  return [...past].sort((a, b) => b.ended_ms - a.ended_ms)
}

/** Why no range is shown, in sentences. */
export function emptiness(reading: StructureReading, timeframe: string): string[] {
  const found: string[] = []
  if (reading.bars < reading.warm_up) {
    found.push(`Warming up: ${reading.bars} of ${reading.warm_up} bars of ${timeframe} were read.`)
  } else {
    found.push(`No trading range on ${timeframe}: the market trends, or its turns do not hold.`)
  }
  if (reading.as_of_ms !== null && reading.bars >= reading.warm_up) {
    found.push(`Read: ${reading.bars} bars, the newest opened ${date(reading.as_of_ms)}.`)
  }
  if (reading.waiting) found.push(`Waiting, nothing is confirmed: ${reading.waiting}.`)
  const last = newestEnd(reading.past)[0]
  if (last) {
    found.push(
      `The last range, ${figure(last.ice)} to ${figure(last.creek)}, ended ${date(last.ended_ms)}: ${ending(last)}.`,
    )
  }
  return found
}
