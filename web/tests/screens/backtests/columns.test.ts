import { expect, test, vi } from 'vitest'
import { cardsOf, columnsOf } from '@/screens/backtests/columns'
import { RunBook } from '@/screens/backtests/run_book'
import { runRow, underWay } from './rows'

const acts = { isMarked: (id: string) => id === 'a', mark: vi.fn(), resume: vi.fn(), isFree: () => true }

function columns(book: RunBook) {
  return new Map(columnsOf(book, acts).map((one) => [one.id, one]))
}

test('a run says what came of it, and one that failed says nothing of that', () => {
  const book = new RunBook()
  book.take([
    runRow('a'),
    runRow('b', { state: 'failed', trips: null, total_return: null, sharpe: null, max_drawdown: null, market_count: 1 }),
  ])
  const all = columns(book)
  const shown = (row: number) => ['state', 'markets', 'trips', 'return', 'sharpe', 'drawdown'].map((id) => all.get(id)!.text(row))
  expect(shown(0)).toEqual(['● done', '2 markets', '120', '+10.00 %', '1.20', '−20.0 %'])
  expect(shown(1)).toEqual(['✕ failed', 'BTCUSDT', '–', '–', '–', '–'])
  expect(all.get('return')!.key!(1)).toBeNaN()
})

test('the cell of the state has a bar while it is at work, and a way to go on after it', () => {
  const book = new RunBook()
  book.take([runRow('a', { state: 'running' })])
  book.follow([underWay('a', { done: 42 })])
  const cell = document.createElement('div')
  const update = columns(book).get('state')!.make!(cell)
  update(0)
  const [bar, button] = [cell.querySelector('progress')!, cell.querySelector('button')!]
  expect([cell.querySelector('span')!.textContent, bar.hidden, bar.value, button.hidden]).toEqual(['◐ 42 %', false, 0.42, true])

  book.follow([])
  book.take([runRow('a', { state: 'interrupted' })])
  update(0)
  expect([bar.hidden, button.hidden]).toEqual([true, false])
  button.click()
  expect(acts.resume).toHaveBeenCalledWith('a')
})

test('the mark is a button that says whether it is pressed', () => {
  const book = new RunBook()
  book.take([runRow('a'), runRow('b')])
  const cell = document.createElement('div')
  const update = columns(book).get('mark')!.make!(cell)
  const button = cell.querySelector('button')!
  update(0)
  expect([button.getAttribute('aria-pressed'), button.getAttribute('aria-label')]).toEqual(['true', 'Mark a'])
  update(1)
  expect([button.getAttribute('aria-pressed'), button.textContent]).toEqual(['false', '☐'])
  button.click()
  expect(acts.mark).toHaveBeenCalledWith('b')
})

test('on a narrow screen figures say what they are', () => {
  const book = new RunBook()
  book.take([runRow('a'), runRow('b', { trips: null, sharpe: null, total_return: null })])
  const cards = cardsOf(columns(book))
  const shown = (row: number) => cards.filter((one) => !one.make).map((one) => one.text(row)).slice(0, 3)
  expect(shown(0)).toEqual(['+10.00 %', '120 trips', 'Sharpe 1.20'])
  expect(shown(1)).toEqual(['', '', ''])
})
