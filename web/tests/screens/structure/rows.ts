import type { ScanRow } from '@/wire/rest'

export const NOW = 1_700_000_000_000

/** A market in phase C, whose spring was known three bars ago. */
export function scanned(symbol: string, given: Partial<ScanRow> = {}): ScanRow {
  return {
    symbol, phase: 'C', direction: 1, likelihood: 0.7, quality: 66, is_confirmed: true, creek: 110, ice: 100, price: 105,
    schematic: 'RE_ACCUMULATION', score: 0.8,
    newest: { name: 'SPRING', direction: 1, confirmed_ms: NOW - 3 * 3_600_000, bars_ago: 3, level: 99, confidence: 0.7 },
    higher: { timeframe: '4h', phase: 'B', direction: 1, agrees: true },
    ...given,
  }
}

/** A market that trends. */
export const trending = (symbol: string): ScanRow =>
  scanned(symbol, {
    phase: '', direction: 0, likelihood: null, quality: null, is_confirmed: null, creek: null, ice: null, schematic: null,
    score: null, newest: null, higher: null,
  })
