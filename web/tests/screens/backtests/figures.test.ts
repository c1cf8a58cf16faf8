import { expect, test } from 'vitest'
import { against, intervalOf, titleOf, written } from '@/screens/backtests/figures'
import { figure } from './rows'

test('a figure is written by its unit', () => {
  const of = (name: string, unit: string, value: number | null) => written({ name, unit }, value)
  expect(of('total_return', 'fraction', 0.1234)).toBe('+12.34 %')
  expect(of('win_rate', 'fraction', 0.5)).toBe('50.0 %')
  expect(of('sharpe', 'ratio', -1.234)).toBe('−1.23')
  expect(of('profit', 'quote', 12_345.6)).toBe('+12\u2009346')
  expect(of('fees', 'quote', 12.3)).toBe('12.30')
  expect(of('longest_drawdown', 'seconds', 7200)).toBe('2 h 00 m')
  expect(of('win_streak', 'count', 7)).toBe('7')
  expect(of('mean_bars', 'candles', 12.34)).toBe('12.3')
  expect(of('expectancy_r', 'R', 0.2)).toBe('+0.20 R')
  for (const unit of ['fraction', 'ratio', 'quote', 'seconds', 'count', 'candles', 'R']) expect(of('x', unit, null)).toBe('–')
})

test('an interval is told against what it would be of nothing', () => {
  const sharpe = (low: number | null, high: number | null) => figure('sharpe', { value: 1, low, high })
  expect(intervalOf(sharpe(-0.5, 2))).toBe('−0.50 to 2.00')
  expect(intervalOf(sharpe(null, null))).toBe('')
  expect(against(sharpe(-0.5, 2)).word).toBe('▲ 0 is possible')
  expect(against(sharpe(0.5, 2)).word).toBe('● above 0')
  expect(against(sharpe(-2, -0.5)).word).toBe('✕ below 0')
  expect(against(figure('profit_factor', { low: 0.9, high: 1.3 })).word).toBe('▲ 1 is possible')
  expect(against(figure('max_drawdown', { low: -0.5, high: -0.1 })).word).toBe('')
  expect(against(sharpe(null, 2)).word).toBe('')
})

test('a figure that has no title of its own has its name', () => {
  expect([titleOf('sharpe'), titleOf('profit_factor')]).toEqual(['Sharpe', 'profit factor'])
})
