import { date } from '@/format/ages'
import { count, fixed, percent, price, short, signed, UNKNOWN } from '@/format/numbers'

/** How a run stands, for eyes and for ears. */
export interface StateWords {
  glyph: string
  word: string
  tone: string
}

const STATES: Record<string, StateWords> = {
  waiting: { glyph: '◌', word: 'waiting', tone: 'muted' },
  running: { glyph: '◐', word: 'running', tone: '' },
  cancelling: { glyph: '◐', word: 'being cancelled', tone: 'warn' },
  done: { glyph: '●', word: 'done', tone: 'good' },
  failed: { glyph: '✕', word: 'failed', tone: 'bad' },
  interrupted: { glyph: '▲', word: 'interrupted', tone: 'warn' },
  cancelled: { glyph: '■', word: 'cancelled', tone: 'muted' },
}

export function stateWords(state: string): StateWords {
  return STATES[state] ?? { glyph: '●', word: state, tone: 'muted' }
}

/** Whether it is at work, or waits for it. */
export function isAtWork(state: string): boolean {
  return state === 'waiting' || state === 'running' || state === 'cancelling'
}

/** Whether it can be taken up again where it ended. */
export function isResumable(state: string): boolean {
  return state === 'interrupted' || state === 'cancelled'
}

/** BTCUSDT, or how many there are. */
export function marketsOf(markets: readonly string[]): string {
  if (markets.length === 0) return UNKNOWN
  return markets.length === 1 ? markets[0] : `${markets.length} markets`
}

/** 2024-01-01 to 2024-12-31 */
export function spanOf(beginMs: number | null, endMs: number | null): string {
  const day = (ms: number | null) => (ms === null ? UNKNOWN : date(ms).slice(0, 10))
  return `${day(beginMs)} to ${day(endMs)}`
}

/** max_drawdown becomes max drawdown. */
export function plain(name: string): string {
  return name.replaceAll('_', ' ')
}

/** A share with its sign, as a percentage: +12.40 %, and +3 658 % where it is many times the whole. */
export function share(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN
  return Math.abs(value) < 10 ? `${percent(value)} %` : `${value > 0 ? '+' : ''}${count(100 * value)} %`
}

/** The same on an axis, where there is less room: +34.4 %, +620 % */
export function shareMark(value: number): string {
  return `${percent(value, Math.abs(value) < 1 ? 1 : 0)} %`
}

/** A share that has no direction: 54.2 % */
export function part(value: number | null | undefined, decimals = 1): string {
  return value === null || value === undefined ? UNKNOWN : `${fixed(100 * value, decimals)} %`
}

export function ratio(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : fixed(value, 2)
}

/** Money in quote currency: whole units with their thousands, cents below a thousand. */
export function money(value: number | null | undefined, isSigned = false): string {
  if (value === null || value === undefined) return UNKNOWN
  const size = Math.abs(value)
  const text = size >= 1e9 ? short(value) : size >= 1000 ? count(value) : price(value, 2)
  return isSigned && value > 0 ? `+${text}` : text
}

/** A multiple of what was at stake: +0.31 R */
export function inR(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : `${signed(value, 2)} R`
}

/** The tone of what is better above 0. */
export function toneOf(value: number | null | undefined): string {
  if (value === null || value === undefined || value === 0) return 'flat'
  return value > 0 ? 'up' : 'down'
}

/** What a token is for, where the server asks for one that may write; '' for any other failure. */
export function tokenWords(status: number | undefined): string {
  if (status !== 401 && status !== 403) return ''
  return 'This needs a token that may write. On the machine of the monitor, `tidemark token create NAME --scope write` makes one.'
}
