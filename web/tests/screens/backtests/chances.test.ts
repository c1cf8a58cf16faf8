import { expect, test } from 'vitest'
import { chancesOf } from '@/screens/backtests/chances'
import type { BacktestResult } from '@/wire/rest'
import { figure } from './rows'

const RESULT: BacktestResult = {
  trips: 2, digest: '', start: 1, end: 1, is_ruined: false, months: [], groups: {}, r_edges: [], r_counts: [], counts: {},
  warm_up: 0, deepest_fall: { peak_ms: null, trough_ms: null, recovered_ms: null },
  figures: [
    { name: 'equity', figures: [figure('total_return', { unit: 'fraction', value: 0.3 })] },
    { name: 'trips', figures: [figure('profit', { unit: 'quote', value: 300 })] },
  ],
  luck: [],
}
const of = (luck: BacktestResult['luck']) => new Map(chancesOf({ ...RESULT, luck }).map((one) => [one.title, one]))

test('what was not asked for says so, and what has no value says why', () => {
  const all = of([figure('probabilistic_sharpe', { unit: 'fraction', value: null, why: 'fewer than 30 days' })])
  expect(all.get('Sharpe above 0')).toMatchObject({ said: '–', about: 'fewer than 30 days' })
  expect(all.get('Random entries do as well')).toMatchObject({ said: '–', about: 'not asked for in this run' })
  expect(all.size).toBe(5)
})

test('chance is told with what it brought, beside what the run did', () => {
  const all = of([
    figure('entries_profit', { unit: 'quote', value: -20, low: -400, high: 350 }),
    figure('entries_p', { unit: 'fraction', value: 0.06 }),
    figure('shuffled_return', { unit: 'fraction', value: 0.01, low: -0.2, high: 0.25 }),
    figure('shuffled_p', { unit: 'fraction', value: 0.01 }),
    figure('deflated_sharpe', { unit: 'fraction', value: 0.97 }),
    figure('trials', { unit: 'count', value: 12 }),
    figure('holding_total_return', { unit: 'fraction', value: 0.94 }),
  ])
  expect(all.get('Random entries do as well')).toEqual({
    title: 'Random entries do as well', said: '6.0 %', tone: 'warn',
    about: 'as many, held as long: −20.00 on average, 95 % of them −400.00 to +350.00; here +300.00',
  })
  expect(all.get('Shuffled markets do as well')).toMatchObject({ said: '1.0 %', tone: 'good' })
  expect(all.get('Sharpe above the best of all tries')).toMatchObject({
    said: '97.0 %', tone: 'good', about: 'after 12 tries: of many, the best is good by chance',
  })
  expect(all.get('Holding the same markets')?.said).toBe('+94.00 %')
})
