import type { CalibrationBin, Scorecard, SignalRow } from '@/wire/rest'

export const AT = 1_700_000_000_000

/** A trade of minute *n*. */
export function row(n: number, given: Partial<SignalRow> = {}): SignalRow {
  const at_ms = AT + n * 60_000
  return {
    id: `BTCUSDT-confluence-long-${at_ms / 1000}`, rule: 'confluence', name: 'long', symbol: 'BTCUSDT', side: 1, kind: 'trade',
    at_ms, stage: 'pending', is_open: true, moved_at_ms: at_ms, price: 100, score: 71.5, regime: 'range',
    sentence: 'score 71.5', entry: 100, stop: 98, first_target: 102, last_target: 104, net_r: null, ...given,
  }
}

export function card(given: Partial<Scorecard> = {}): Scorecard {
  return {
    rule: 'confluence', symbol: null, regime: null, side: null, signals: 41, missed: 1, n: 40, blocks: 12,
    is_enough: true, verdict: 'no better and no worse than chance (p = 0.4)', wins: 20, win_rate: 0.5,
    win_interval: [0.35, 0.65], mean_r: 0.12, mean_r_interval: [-0.08, 0.31], median_duration_s: 600,
    mean_mfe_r: 1, mean_mae_r: 0.6, pairs: 40, null_mean_r: 0, difference: 0.12, difference_interval: [-0.2, 0.4],
    p_value: 0.4, ...given,
  }
}

export function bin(low: number, given: Partial<CalibrationBin> = {}): CalibrationBin {
  return {
    low, high: low + 5, n: 40, is_enough: true, mean_score: low + 2, wins: 20, win_rate: 0.5,
    win_interval: [0.35, 0.65], mean_r: 0.1, mean_r_interval: [-0.1, 0.3], ...given,
  }
}
