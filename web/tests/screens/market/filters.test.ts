import { expect, test } from 'vitest'
import { MarketColumns } from '@/market_data/columns'
import { holds, read, relax, words, write, type Condition } from '@/screens/market/filters'
import { summarise } from '@/screens/market/summary'
import { snapshot } from '../../market_data/messages'

function market(): MarketColumns {
  const columns = new MarketColumns()
  columns.snapshot(
    snapshot({
      c: {
        price: [10, 20, 30],
        score: [72, 40, null],
        // 40 alone would be neutral: it was short before, and stays so until 42.
        side: [1, -1, null],
        change_24h: [0.02, -0.01, 0.0001],
        turnover_24h: [100, 300, null],
        open_interest: [1, 2, null],
        funding: [0.0001, 0.0003, null],
        state: [0, 1, 0],
        regime: [1, 0, 1],
        score_since_ms: [60_000, 0, null],
      },
    }),
  )
  return columns
}
const none: ReadonlySet<string> = new Set()
const rows = (conditions: Condition[], watched = none) =>
  [0, 1, 2].filter((row) => conditions.every((one) => holds(one, market(), row, watched, 120_000)))

test('what stands in the address is what was written there', () => {
  const text = 'score>=70,change_24h<=-2.5,watched,regime=range,state=old,turned=15'
  expect(write(read(text))).toBe(text)
  expect(read(text).map(words)).toEqual([
    'Score ≥ 70',
    'Change 24h ≤ -2.5 %',
    'watched',
    'regime range',
    'old',
    'turned within 15 min',
  ])
})

test('what cannot be understood is left out, and at most ten conditions are taken', () => {
  expect(read('price_of_tea>=3,score>=x,state=odd,turned=-1,<script>,')).toEqual([])
  expect(read(Array(50).fill('watched').join())).toHaveLength(10)
})

test('each kind of condition lets in what fulfils it; what is not known fulfils none', () => {
  expect(rows(read('score>=70'))).toEqual([0])
  expect(rows(read('score<=70'))).toEqual([1])
  expect(rows(read('change_24h>=1'))).toEqual([0])
  expect(rows(read('regime=range'))).toEqual([0, 2])
  expect(rows(read('state=old'))).toEqual([1])
  expect(rows(read('state=fresh'))).toEqual([0, 2])
  expect(rows(read('turned=1'))).toEqual([0])
  expect(rows(read('watched'), new Set(['BUSDT']))).toEqual([1])
})

test('the nearest market says how far which condition has to give way', () => {
  const conditions = read('score>=90,change_24h>=1')
  const columns = market()
  const found = relax(conditions, columns, (row, without) =>
    conditions.every((one, at) => at === without || holds(one, columns, row, none, 0)),
  )
  expect(found).toMatchObject({ at: 0, symbol: 'AUSDT', value: 71 })
})

test.each([
  ['funding>=5', 0.0003, 0.00029],
  ['change_24h>=900', 0.02, 0.019],
  ['change_24h<=-900', -0.01, -0.009],
  ['turnover_24h>=9', 300, 290],
])('a filter gives way by a little more than the nearest market asks for: %s', (text, figure, wanted) => {
  const columns = market()
  const conditions = read(text)
  const found = relax(conditions, columns, () => true)
  expect(found?.value).toBeCloseTo(wanted, 12)
  const least = conditions[0].kind === 'number' && conditions[0].operator === '>='
  expect(least ? figure > (found?.value ?? 0) : figure < (found?.value ?? 0)).toBe(true)
})

test('the market in short counts only what is known', () => {
  const found = summarise(market())
  expect(found).toMatchObject({ up: 1, down: 1, flat: 1, long: 1, short: 1, scored: 2, median: 56 })
  expect([found.turnover, found.old]).toEqual([400, 1])
  expect(found.openInterest).toBe(3)
  expect(found.funding).toBeCloseTo(0.00025, 12)
})

test('an empty market has no figures', () => {
  expect(summarise(new MarketColumns())).toMatchObject({ up: 0, median: NaN, turnover: NaN, funding: NaN })
})
