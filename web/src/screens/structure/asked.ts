import type { ScanRow } from '@/wire/rest'
import { EVENTS, PHASES } from './words'

/** What is looked at: what the address says. '' stands for all. */
export interface Asked {
  tf: string
  phase: string
  lean: string
  event: string
  within: string
}

/** A market that is in no range. */
export const NO_RANGE = 'none'
export const DEFAULT_TIMEFRAME = '1h'
const LEAN_OF: Record<string, number> = { up: 1, down: -1, neither: 0 }
/** How old the newest event may be, in bars. */
export const WITHINS = ['1', '5', '20', '100']

export function askedOf(query: Readonly<Record<string, string>>): Asked {
  const { tf = '', phase = '', lean = '', event = '', within = '' } = query
  return {
    tf: /^[0-9]{1,3}[smhdw]$/.test(tf) ? tf : DEFAULT_TIMEFRAME,
    phase: phase in PHASES || phase === NO_RANGE ? phase : '',
    lean: lean in LEAN_OF ? lean : '',
    event: event in EVENTS ? event : '',
    within: WITHINS.includes(within) ? within : '',
  }
}

/** Whether anything is left out. */
export function isFiltered({ phase, lean, event, within }: Asked): boolean {
  return [phase, lean, event, within].some((one) => one !== '')
}

/** Whether *row* is among what is looked at. */
export function fits(row: ScanRow, { phase, lean, event, within }: Asked): boolean {
  return (
    (phase === '' || (row.phase || NO_RANGE) === phase) &&
    (lean === '' || row.direction === LEAN_OF[lean]) &&
    (event === '' || row.newest?.name === event) &&
    (within === '' || (row.newest !== null && row.newest.bars_ago <= Number(within)))
  )
}

/** In words what is looked at: phase C, leaning up. */
export function wordsOf({ phase, lean, event, within }: Asked): string {
  return [
    phase === NO_RANGE ? 'no range' : phase && `phase ${phase}`,
    lean && (lean === 'neither' ? 'leaning neither way' : `leaning ${lean}`),
    event && `newest event ${event}`,
    within && `known within ${within} ${within === '1' ? 'bar' : 'bars'}`,
  ]
    .filter(Boolean)
    .join(', ')
}

const ALL = ['', 'all'] as const

/** What can be chosen, in the order in which it stands on the page; *timeframes* are those that are read. */
export function choicesOf({ tf, phase, lean, event, within }: Asked, timeframes: readonly string[]) {
  return [
    { name: 'tf', title: 'Candles', value: tf, choices: timeframes.map((one) => [one, one] as const) },
    {
      name: 'phase',
      title: 'Phase',
      value: phase,
      choices: [
        ALL,
        ...Object.entries(PHASES).map(([name, text]) => [name, `${name}: ${text}`] as const),
        [NO_RANGE, 'no range'] as const,
      ],
    },
    {
      name: 'lean',
      title: 'Leans',
      value: lean,
      choices: [ALL, ['up', '▲ up'], ['down', '▼ down'], ['neither', '● neither way']] as const,
    },
    {
      name: 'event',
      title: 'Newest event',
      value: event,
      choices: [ALL, ...Object.entries(EVENTS).map(([name, title]) => [name, `${name}, ${title}`] as const)],
    },
    {
      name: 'within',
      title: 'Known',
      value: within,
      choices: [
        ['', 'ever'] as const,
        ...WITHINS.map((one) => [one, `within ${one} ${one === '1' ? 'bar' : 'bars'}`] as const),
      ],
    },
  ]
}
