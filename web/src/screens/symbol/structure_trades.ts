import { figure, plain } from '@/screens/signals/words'
import type { JudgedRule, Refusal, StructureEvent } from '@/wire/rest'

/** What rules of signals make of an event: in a sentence, and check by check. */
export interface Trade {
  said: string
  tone: string
  checks: readonly Refusal[]
}

/** The events that rules read, of both sides. */
const READ = ['SPRING', 'UTAD', 'LPS', 'LPSY']
const PHASES = ['A', 'B', 'C', 'D', 'E']
/** In the order in which the server counts them. */
const REGIMES = ['unknown', 'illiquid', 'volatile', 'trending up', 'trending down', 'in a range']
const LEANS: Record<string, string> = { '1': 'with it', '0': 'neither way', '-1': 'against it' }
const ASKED: Record<string, string> = { '>=': 'at least', '<=': 'at most', '!=': 'not' }
const MISSED: Record<string, string> = { '>=': '<', '<=': '>' }

/** spring_long reads the newest spring, and utad_short its mirror. */
const ruleOf = ({ name, direction }: StructureEvent) => `${name.toLowerCase()}_${direction > 0 ? 'long' : 'short'}`

function named({ figure: name }: Refusal, value: number): string {
  if (name === 'phase') return PHASES[value - 1] ?? figure(value)
  if (name === 'regime') return REGIMES[value] ?? figure(value)
  if (name === 'structure_higher') return LEANS[value] ?? figure(value)
  return figure(Number(value.toPrecision(3)))
}

/** What the figure is; of which letter a number stands is said by the letter. */
export function textOf({ text }: Refusal): string {
  return text.replace(/, of which .*$/, '')
}

export function measuredOf(check: Refusal): string {
  return check.measured === null ? 'not known' : named(check, check.measured)
}

/** at least 50, not volatile. */
export function askedOf(check: Refusal): string {
  if (check.figure === 'structure_higher') return `not ${LEANS['-1']}`
  return `${ASKED[check.sense] ?? check.sense} ${named(check, check.threshold)}`
}

/** level: quality of the range 43 < 50. */
function missed(check: Refusal): string {
  const { measured, validator, sense, threshold } = check
  const what = `${validator}: ${textOf(check)}`
  if (measured === null) return `${what} is not known`
  const found = named(check, measured)
  return sense in MISSED ? `${what} ${found} ${MISSED[sense]} ${named(check, threshold)}` : `${what} is ${found}`
}

/**
 * What the rules that read *event* say of it. They judge the newest of its kind, and of now alone; *events* are all
 * that are known.
 */
export function tradeOf(
  event: StructureEvent,
  events: readonly StructureEvent[],
  judged: readonly JudgedRule[],
  isPast: boolean,
): Trade {
  const nothing = (said: string): Trade => ({ said, tone: 'muted', checks: [] })
  if (!READ.includes(event.name)) {
    return nothing(
      `no rule of signals reads a ${event.title}. They read springs and upthrusts after distribution, and the last ` +
        'points of support and of supply.',
    )
  }
  if (isPast) return nothing('what rules said of it at that moment is not kept.')
  const rule = ruleOf(event)
  const isLater = (one: StructureEvent) =>
    one.name === event.name && !one.is_withdrawn && one.confirmed_ms > event.confirmed_ms
  if (events.some(isLater)) return nothing(`a later ${event.title} stands in its place, and rules judge the newest.`)
  const found = judged.find((one) => one.rule === rule)
  if (!found) {
    return nothing(
      'not judged. Rules of signals read the structure of one timeframe (the setting wyckoff.signals), and there the ' +
        'newest event of each kind; of this one they know nothing.',
    )
  }
  const { checks } = found
  const failed = checks.filter((one) => !one.passed)
  return failed.length === 0
    ? { said: `${plain(rule)} refuses nothing of it: ${checks.length} of ${checks.length} checks are passed.`, tone: 'good', checks }
    : { said: `refused by ${failed.map(missed).join('; by ')}.`, tone: 'warn', checks }
}
