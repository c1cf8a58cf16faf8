import type { Query } from '@/rest/client'
import type { SignalRow } from '@/wire/rest'

/** What is looked at: what the address says. '' stands for all. */
export interface Asked {
  rule: string
  symbol: string
  side: string
  state: string
  since: string
}

const SINCE_MS: Record<string, number> = { '1h': 3_600_000, '24h': 86_400_000, '7d': 7 * 86_400_000, '30d': 30 * 86_400_000 }
const SIDE_OF: Record<string, number> = { long: 1, short: -1, neutral: 0 }
export const SINCES = Object.keys(SINCE_MS)

export function askedOf(query: Readonly<Record<string, string>>): Asked {
  const { rule = '', symbol = '', side = '', state = '', since = '' } = query
  return {
    rule: /^[a-z0-9_]{1,40}$/.test(rule) ? rule : '',
    symbol: /^[^\s/\\?#%]{1,40}$/.test(symbol) ? symbol : '',
    side: side in SIDE_OF ? side : '',
    state: state === 'open' ? state : '',
    since: since in SINCE_MS ? since : '',
  }
}

/** Whether anything is left out. */
export function isFiltered(asked: Asked): boolean {
  return Object.values(asked).some((one) => one !== '')
}

/** Whether *row* is among what is looked at. */
export function fits(row: SignalRow, asked: Asked, nowMs: number): boolean {
  return (
    (asked.rule === '' || row.rule === asked.rule) &&
    (asked.symbol === '' || row.symbol === asked.symbol) &&
    (asked.side === '' || row.side === SIDE_OF[asked.side]) &&
    (asked.since === '' || row.at_ms >= nowMs - SINCE_MS[asked.since])
  )
}

/** The beginning of the time that is looked at, to the minute; null for all of it. */
export function sinceMs(asked: Asked, nowMs: number): number | null {
  return asked.since === '' ? null : Math.floor((nowMs - SINCE_MS[asked.since]) / 60_000) * 60_000
}

/** The same as a question for what is kept. */
export function pageQuery(asked: Asked, since: number | null, before: string): Query {
  return {
    rule: asked.rule,
    symbol: asked.symbol,
    side: asked.side,
    only_open: asked.state === 'open' ? true : null,
    since_ms: since,
    before,
    limit: 50,
    count: true,
  }
}
