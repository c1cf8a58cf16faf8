import { expect, test } from 'vitest'
import { progressOf, RunBook } from '@/screens/backtests/run_book'
import { runRow, underWay } from './rows'

test('rows keep their numbers as long as the same runs are there', () => {
  const book = new RunBook()
  book.take([runRow('a'), runRow('b')])
  expect([book.size, book.rowOf('b'), book.rowOf('c'), book.universe]).toEqual([2, 1, -1, 1])
  book.take([runRow('a'), runRow('b', { state: 'failed' })])
  expect([book.universe, book.stateOf(1)]).toEqual([1, 'failed'])
  book.take([runRow('b')])
  expect([book.universe, book.rowOf('b'), book.rowOf('a')]).toEqual([2, 0, -1])
})

test('what is at work says how it stands, and nothing once it has ended', () => {
  const book = new RunBook()
  book.take([runRow('a', { state: 'running' })])
  book.follow([underWay('a', { state: 'cancelling' }), underWay('elsewhere')])
  expect(book.stateOf(0)).toBe('cancelling')
  book.follow([underWay('a', { state: 'done' })])
  expect([book.atWork(0), book.stateOf(0)]).toEqual([undefined, 'running'])
})

test('how far a run is, is never said to be all of it', () => {
  const far = (done: number, candles: number | null) => progressOf({ done, candles })
  expect([far(25, 100), far(120, 100), far(5, 0), far(5, null)]).toEqual([0.25, 0.99, 0, 0])
})
