import { Bars } from '@/charts/bars'
import type { StructureEvent, StructureReading } from '@/wire/rest'

export const HOUR = 3_600_000
export const OPEN = 1_700_006_400_000

/** Candles of the hours *from* to *to*, without those of *holes*. */
export function hours(from: number, to: number, holes: readonly number[] = []): Bars {
  const made = new Bars('BTCUSDT', '1h')
  for (let n = from; n <= to; n += 1) {
    if (!holes.includes(n)) made.put([OPEN + n * HOUR, 100, 102, 98, 101, 2, 200, 1])
  }
  return made
}

/** An event of hour *n* that was known two hours later. */
export function event(n: number, given: Partial<StructureEvent> = {}): StructureEvent {
  return {
    id: `spring-${n}`, name: 'SPRING', title: 'spring', direction: 1, phase: 'C', at_ms: OPEN + n * HOUR,
    confirmed_ms: OPEN + (n + 2) * HOUR, level: 98, confidence: 0.72, is_withdrawn: false, revision: null, range_id: 1,
    rules: [
      {
        rule: 'penetration', text: 'how far it went through the ice', measured: Math.log(1.012), sense: '<=',
        threshold: Math.log(1.05), unit: '%', passed: true, required: true,
      },
      {
        rule: 'volume', text: 'volume against the usual', measured: 1.4, sense: '<=', threshold: 0.7, unit: '',
        passed: false, required: false,
      },
    ],
    facts: { penetration: 0.012 },
    ...given,
  }
}

/** A range of the hours 2 to 20 in phase C. */
export function reading(given: Partial<StructureReading> = {}): StructureReading {
  return {
    as_of_ms: OPEN + 20 * HOUR, bars: 400, warm_up: 100, profile: 'crypto 1', phase: 'C', direction: 1,
    range: {
      id: 1, origin: 'selling climax', begin_ms: OPEN + 2 * HOUR, bars: 19, creek: 104, ice: 98, width_atr: 5.2,
      phase: 'C', phase_since_ms: OPEN + 14 * HOUR, likelihoods: { A: 0.02, B: 0.2, C: 0.7, D: 0.05, E: 0.03 },
      broken: 0, touches: [3, 2], contained: 0.94, is_confirmed: true, quality: 67,
      parts: [{ name: 'duration', points: 12, most: 20, measured: 36, unit: 'bars' }],
      phases: [
        {
          phase: 'A', begin_ms: OPEN + 2 * HOUR, end_ms: OPEN + 6 * HOUR,
          entered: 'SC, AR and ST: the trend is stopped', left: 'the ST held: the cause begins',
        },
        {
          phase: 'C', begin_ms: OPEN + 14 * HOUR, end_ms: null,
          entered: 'SPRING: the ice gave way, and the price came back', left: null,
        },
      ],
    },
    events: [event(16), event(3, { id: 'sc-3', name: 'SC', title: 'selling climax', phase: 'A' })],
    past: [
      {
        id: 0, begin_ms: OPEN - 9 * HOUR, ended_ms: OPEN - 2 * HOUR, creek: 120, ice: 112, direction: -1, end: 'left',
        reason: 'the price left below the ice and stayed away', phases: [],
      },
    ],
    schematic: {
      template: 'ACCUMULATION_1', direction: 1, score: 0.81, points: [[OPEN + 3 * HOUR, 98], [OPEN + 5 * HOUR, 104]],
      missing: ['SOS', 'LPS'],
    },
    cause: null,
    jump: null,
    candidate: null,
    waiting: null,
    next: ['TEST: back towards 98 on less volume'],
    ...given,
  }
}
