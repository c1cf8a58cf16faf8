import { expect, test } from 'vitest'
import { market } from '@/market_data/live'
import { byId, CARD_COLUMNS, COLUMNS, csv, SHOWN, wash } from '@/screens/market/columns'
import { snapshot } from '../../market_data/messages'

test('what is shown at first exists, pinned columns first', () => {
  expect(SHOWN.every((id) => byId.has(id))).toBe(true)
  expect(SHOWN.slice(0, 2)).toEqual(['star', 'symbol'])
  expect(new Set(COLUMNS.map((column) => column.id)).size).toBe(COLUMNS.length)
  expect(CARD_COLUMNS.every(Boolean)).toBe(true)
})

test('every column can write a market of which nothing is known', () => {
  market.snapshot(snapshot({ c: {} }))
  for (const column of COLUMNS) {
    expect(column.text(0)).not.toContain('NaN')
    expect(column.tone?.(0) ?? '').not.toContain('NaN')
  }
})

test('a change has a sign and a glyph, and no direction below 0.05 %', () => {
  market.snapshot(snapshot({ c: { change_1h: [0.0041, -0.0031, 0.0004] } }))
  const column = byId.get('change_1h')!
  expect([0, 1, 2].map((row) => column.text(row))).toEqual(['▲+0.41', '▼−0.31', '+0.04'])
  expect([0, 1, 2].map((row) => column.tone?.(row))).toEqual(['up', 'down', 'flat'])
})

test('the table of figures has them as they are, and nothing for what is not known', () => {
  market.snapshot(snapshot({ c: { price: [64024.3, null, 1] } }))
  const chosen = ['star', 'symbol', 'price'].map((id) => byId.get(id)!)
  expect(csv(chosen, Int32Array.from([1, 0]))).toBe('symbol,price\nBUSDT,\nAUSDT,64024.3')
})

test('the further from 50 the stronger the wash, in five steps either way', () => {
  expect([50, 57, 58, 90, 100, 42, 0, NaN].map(wash)).toEqual(['', '', 'wu1', 'wu5', 'wu5', 'wd1', 'wd5', 'muted'])
})
