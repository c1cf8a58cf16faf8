import { age } from '@/format/ages'
import { count, fixed } from '@/format/numbers'
import type { BacktestResult, FigureRow } from '@/wire/rest'
import { inR, money, part, plain, ratio, share } from './words'

/** Fractions that went one way or the other, and are written with their sign. */
const SIGNED = new Set([
  'total_return', 'annual_return', 'best_day', 'worst_day', 'holding_total_return', 'shuffled_return', 'mean_mfe',
  'mean_mae', 'furthest_mfe', 'furthest_mae',
])
const SIGNED_MONEY = new Set(['profit', 'expectancy', 'largest_win', 'largest_loss', 'entries_profit'])

/** What stands at the head of a run, in that order. */
export const HEAD = [
  'total_return', 'annual_return', 'sharpe', 'sortino', 'max_drawdown', 'win_rate', 'profit_factor', 'expectancy_r',
  'mean_exposure', 'fees', 'funding', 'slippage',
] as const

const TITLES: Record<string, string> = {
  total_return: 'return', annual_return: 'return a year', sharpe: 'Sharpe', sortino: 'Sortino', calmar: 'Calmar',
  mean_exposure: 'exposure', count: 'trips', expectancy_r: 'expectancy in R',
  mean_mfe: 'went for it, mean', mean_mae: 'went against it, mean', furthest_mfe: 'went for it, most',
  furthest_mae: 'went against it, most', mean_mfe_r: 'went for it, mean, in R',
  mean_mae_r: 'went against it, mean, in R', unseen: 'days without a point', mean_bars: 'candles held, mean', mean_held: 'held, mean',
}

/** What each figure would be of a strategy that has nothing to it. */
const NOTHING: Record<string, number> = {
  total_return: 0, annual_return: 0, sharpe: 0, sortino: 0, profit_factor: 1, expectancy: 0, expectancy_r: 0,
}

export function titleOf(name: string): string {
  return TITLES[name] ?? plain(name)
}

/** *value* as the figure *one* would be written. */
export function written({ name, unit }: Pick<FigureRow, 'name' | 'unit'>, value: number | null): string {
  switch (unit) {
    case 'fraction':
    case 'fraction a year':
      return SIGNED.has(name) ? share(value) : part(value)
    case 'quote':
      return money(value, SIGNED_MONEY.has(name))
    case 'seconds':
      return value === null ? '–' : age(value)
    case 'count':
      return value === null ? '–' : count(value)
    case 'candles':
      return value === null ? '–' : fixed(value, 1)
    case 'R':
      return inR(value)
    default:
      return ratio(value)
  }
}

/** From what to what it is likely to be: −0.31 to 1.42; '' where nobody can say. */
export function intervalOf(one: FigureRow): string {
  const { low, high } = one
  return low == null || high == null ? '' : `${written(one, low)} to ${written(one, high)}`
}

/** Where its interval lies against what it would be of nothing: '' where nobody can say. */
export function against({ name, low, high }: FigureRow): { word: string; tone: string } {
  const nothing = NOTHING[name]
  if (low == null || high == null || nothing === undefined) return { word: '', tone: '' }
  if (low > nothing) return { word: `● above ${nothing}`, tone: 'good' }
  if (high < nothing) return { word: `✕ below ${nothing}`, tone: 'bad' }
  return { word: `▲ ${nothing} is possible`, tone: 'warn' }
}

/** All figures of a result by their names. */
export function byName(result: BacktestResult): Map<string, FigureRow> {
  return new Map(result.figures.flatMap((group) => group.figures).map((one) => [one.name, one]))
}
