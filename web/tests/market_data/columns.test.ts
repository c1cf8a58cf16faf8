import { expect, test } from 'vitest'
import { MarketColumns } from '@/market_data/columns'
import { sideOf, Turns } from '@/market_data/turns'
import type { OverviewDelta } from '@/wire/push'
import { snapshot } from './messages'

const delta = (i: number[], c: OverviewDelta['c'], universe = 1): OverviewDelta => ({
  type: 'delta',
  topic: 'overview',
  seq: 2,
  ts: 2000,
  universe,
  i,
  c,
})

test('a snapshot fills the columns; what is null or missing is not known', () => {
  const market = new MarketColumns()
  market.snapshot(snapshot())

  expect([...market.c.price]).toEqual([10, 20, NaN])
  expect([...market.c.funding]).toEqual([NaN, NaN, NaN])
  expect(market.rowOf('BUSDT')).toBe(1)
  expect(market.rowOf('NONE')).toBe(-1)
  expect([market.stateOf(1), market.regimeOf(0), market.newestTradeMs]).toEqual(['stale', 'range', 900])
})

test('a delta overwrites only the rows and columns that it has', () => {
  const market = new MarketColumns()
  market.snapshot(snapshot())
  const price = market.c.price
  market.delta(delta([2, 0], { price: [5, 11], score: [null, 71] }), 0)

  expect(market.c.price).toBe(price)
  expect([...market.c.price]).toEqual([11, 20, 5])
  expect([...market.c.score]).toEqual([71, NaN, NaN])
})

test('it knows which way a price moved and when, and that the first price of a market moved nowhere', () => {
  const market = new MarketColumns()
  market.snapshot(snapshot())
  market.delta(delta([0, 1, 2], { price: [11, 19, 5] }), 77)

  expect([...market.moved]).toEqual([1, -1, 0])
  expect([...market.movedAt]).toEqual([77, 77, -Infinity])
})

test('a delta of another universe is left out', () => {
  const market = new MarketColumns()
  market.snapshot(snapshot())
  expect(market.delta(delta([0], { price: [99] }, 2), 0)).toBe(false)
  expect(market.c.price[0]).toBe(10)
})

test('when markets join and leave nothing of those that left is kept', () => {
  const market = new MarketColumns()
  market.snapshot(snapshot())
  market.snapshot(snapshot({ universe: 2, symbols: ['ZUSDT'], decimals: [3], c: { price: [1] } }))

  expect(market.size).toBe(1)
  expect(market.rowOf('AUSDT')).toBe(-1)
  expect(market.c.price).toHaveLength(1)
  expect(market.newestTradeMs).toBe(0)
})

test('a score that changes sides is told once, with its price; the first look tells nothing', () => {
  const market = new MarketColumns()
  const turns = new Turns(() => 10_000)
  market.snapshot(
    snapshot({
      c: { score: [50, 50, 50], side: [0, 0, null], score_since_ms: [1, 1, null], score_then_price: [9, 9, 9] },
    }),
  )
  expect(turns.look(market)).toEqual([])

  market.delta(
    delta([0, 2], { score: [66, 70], side: [1, 1], score_since_ms: [5000, 6000], score_then_price: [10, 11] }),
    0,
  )
  const found = turns.look(market)
  expect(found).toEqual([{ symbol: 'AUSDT', side: 'long', score: 66, price: 10, atMs: 5000 }])
  expect(turns.look(market)).toEqual([])
  expect(turns.log.size).toBe(1)

  market.delta(delta([0], { score: [60] }), 0)
  expect(turns.look(market)).toEqual([])
  expect(sideOf(market.c.side[0])).toBe('long')
})
