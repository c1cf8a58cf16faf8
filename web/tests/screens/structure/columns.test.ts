import { expect, test } from 'vitest'
import { RowOrder } from '@/grid/row_order'
import { cardsOf, columnsOf, placeOf } from '@/screens/structure/columns'
import { ScanBook } from '@/screens/structure/scan_book'
import { NOW, scanned, trending } from './rows'

function made() {
  const book = new ScanBook()
  const mirrored = scanned('BUSDT', {
    direction: -1, schematic: 'DISTRIBUTION_2', price: 115, is_confirmed: false,
    newest: { name: 'UTAD', direction: -1, confirmed_ms: NOW - 60_000, bars_ago: 0, level: 111, confidence: null },
    higher: { timeframe: '4h', phase: '', direction: 1, agrees: false },
  })
  book.take([scanned('AUSDT'), mirrored, trending('CUSDT')], '1h')
  const columns = new Map(columnsOf(book, () => NOW).map((one) => [one.id, one]))
  return { book, columns, texts: (row: number) => [...columns.values()].map((one) => one.text(row)) }
}

test('a row says which way it leans by word and arrow, and what is not known is not a figure', () => {
  const { texts } = made()

  expect(texts(0)).toEqual([
    'AUSDT', 'C', '70 %', '▲ up', '▲ SPRING', '3 · 3 h 00 m', '70 %', '66', 'Re-accumulation', '80 %', '51 %', '100',
    '110', '✓ 4h ▲ B',
  ])
  expect(texts(1)).toEqual([
    'BUSDT', 'C ◌', '70 %', '▼ down', '▼ UTAD', '0 · 60 s', '–', '66', 'Distribution 2', '80 %', '147 %', '100', '110',
    '✕ 4h ▲ no range',
  ])
  expect(texts(2).slice(1)).toEqual(['none', '–', '● neither way', ...Array.from({ length: 10 }, () => '–')])
})

test('the newest event stands first, and markets without one last', () => {
  const { book, columns } = made()
  const order = new RowOrder()
  const rule = { id: 'age', isDescending: false, group: () => 0, has: () => true, key: columns.get('age')!.key! }
  order.follow(book, rule, 0, false)

  expect(Array.from(order.rows, (row) => book.symbols[row])).toEqual(['BUSDT', 'AUSDT', 'CUSDT'])
})

test('on a narrow screen, without a header, figures say what they are', () => {
  const { columns } = made()

  expect(cardsOf(columns).map((one) => one.text(0))).toEqual([
    'AUSDT', '▲ SPRING', '▲ up', 'bars ago 3 · 3 h 00 m', 'phase C', 'confidence 70 %',
  ])
  expect(cardsOf(columns).map((one) => one.text(2)).slice(3)).toEqual(['–', 'no range', ''])
})

test('the symbol leads to its candles of the same length', () => {
  const { columns } = made()
  const cell = document.createElement('div')
  columns.get('symbol')!.make!(cell)(0)

  expect(cell.querySelector('a')?.getAttribute('href')).toBe('#/symbol/AUSDT?tf=1h&structure=on')
})

test('where the price stands is counted in logarithms, as the mirrored market has it', () => {
  const up = placeOf(scanned('A', { price: 102 }))
  const down = placeOf(scanned('A', { price: (100 * 110) / 102 }))

  expect(up + down).toBeCloseTo(1, 12)
  expect(placeOf(trending('A'))).toBeNaN()
})

test('a scan replaces the one before, and numbers change only with the markets', () => {
  const { book } = made()
  const before = book.universe
  book.take([scanned('AUSDT'), scanned('BUSDT'), scanned('CUSDT')], '1h')
  expect([book.universe, book.rows[2].phase]).toEqual([before, 'C'])

  book.take([scanned('BUSDT')], '4h')
  expect([book.universe, book.size, book.rowOf('BUSDT'), book.rowOf('AUSDT')]).toEqual([before + 1, 1, 0, -1])
})
