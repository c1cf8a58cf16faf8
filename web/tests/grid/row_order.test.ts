import { expect, test } from 'vitest'
import { moves, RowOrder, sorted, type Ordered, type OrderRule } from '@/grid/row_order'

class Rows implements Ordered {
  universe = 1
  constructor(
    public symbols: string[],
    public values: number[],
  ) {}

  get size(): number {
    return this.symbols.length
  }

  rowOf(symbol: string): number {
    return this.symbols.indexOf(symbol)
  }
}

const rule = (rows: Rows, changes: Partial<OrderRule> = {}): OrderRule => ({
  id: 'score',
  isDescending: true,
  has: () => true,
  group: () => 0,
  key: (row) => rows.values[row],
  ...changes,
})
const names = (rows: Rows, order: RowOrder) => Array.from(order.rows, (row) => rows.symbols[row]).join('')

test('the largest first, what is not known last, equals by symbol', () => {
  const rows = new Rows(['D', 'C', 'B', 'A'], [1, NaN, 5, 1])
  expect([...sorted(rows, rule(rows))].map((row) => rows.symbols[row])).toEqual(['B', 'A', 'D', 'C'])
  expect([...sorted(rows, rule(rows, { isDescending: false }))].map((row) => rows.symbols[row])).toEqual([
    'A', 'D', 'B', 'C',
  ])
})

test('a lower group stands first whatever its keys', () => {
  const rows = new Rows(['A', 'B', 'C'], [3, 2, 1])
  expect([...sorted(rows, rule(rows, { group: (row) => (row === 2 ? 0 : 1) }))]).toEqual([2, 0, 1])
})

test('it follows the figures at most once a second', () => {
  const rows = new Rows(['A', 'B'], [2, 1])
  const order = new RowOrder()
  order.follow(rows, rule(rows), 0, false)
  rows.values = [1, 2]

  expect(order.follow(rows, rule(rows), 999, false)).toBe(false)
  expect(names(rows, order)).toBe('AB')
  expect(order.follow(rows, rule(rows), 1000, false)).toBe(true)
  expect(names(rows, order)).toBe('BA')
})

test('while it is held no row moves, and the moves that wait are counted', () => {
  const rows = new Rows(['A', 'B', 'C', 'D'], [4, 3, 2, 1])
  const order = new RowOrder()
  order.follow(rows, rule(rows), 0, true)
  rows.values = [4, 3, 2, 9]

  expect(order.follow(rows, rule(rows), 5000, true)).toBe(false)
  expect(names(rows, order)).toBe('ABCD')
  expect(order.pending).toBe(1)
  expect(order.heldSince).toBe(0)

  order.apply()
  expect(names(rows, order)).toBe('DABC')
  expect(order.pending).toBe(0)
})

test('what a user asks for is followed at once, held or not', () => {
  const rows = new Rows(['A', 'B'], [2, 1])
  const order = new RowOrder()
  order.follow(rows, rule(rows), 0, true)
  order.follow(rows, rule(rows, { id: 'score-up', isDescending: false }), 10, true)
  expect(names(rows, order)).toBe('BA')
})

test('while it is held a row that no longer matches goes, and one that now matches stands at the end', () => {
  const rows = new Rows(['A', 'B', 'C'], [3, 2, 1])
  const order = new RowOrder()
  const over = (least: number) => rule(rows, { has: (row) => rows.values[row] >= least })
  order.follow(rows, over(2), 0, true)
  rows.values = [1, 2, 9]
  order.follow(rows, over(2), 1000, true)
  expect(names(rows, order)).toBe('BC')
})

test('when row numbers change their meaning the symbols stay where they are', () => {
  const rows = new Rows(['A', 'B', 'C'], [3, 2, 1])
  const order = new RowOrder()
  order.follow(rows, rule(rows), 0, true)

  rows.symbols = ['X', 'C', 'A']
  rows.values = [9, 8, 7]
  rows.universe = 2
  expect(order.follow(rows, rule(rows), 10, true)).toBe(true)
  expect(names(rows, order)).toBe('ACX')
})

test('the moves are all rows but the longest run that is already in order', () => {
  const list = (text: string) => Int32Array.from(text, (letter) => letter.charCodeAt(0))
  expect(moves(list('abcdef'), list('abcdef'))).toBe(0)
  expect(moves(list('abcdef'), list('fabcde'))).toBe(1)
  expect(moves(list('abcdef'), list('fedcba'))).toBe(5)
  expect(moves(list('abcdef'), list('badcfe'))).toBe(3)
})
