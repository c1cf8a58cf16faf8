import { describe, expect, it } from 'vitest'
import { SignalBook } from '@/screens/signals/signal_book'
import type { SignalsMessage } from '@/wire/push'
import type { MoveRow, OutcomeRow, SignalRow } from '@/wire/rest'
import { AT, row } from './rows'

function delta(given: { signals?: SignalRow[]; moves?: MoveRow[]; outcomes?: OutcomeRow[] }): SignalsMessage {
  return { type: 'delta', topic: 'signals', seq: 2, ts: AT, signals: [], moves: [], outcomes: [], ...given }
}

function move(n: number, minutes: number, was: string, now: string): MoveRow {
  const { id, at_ms } = row(n)
  return { id, at_ms: at_ms + minutes * 60_000, was, now, reason: 'entered', price: 100, reads: [] }
}

function outcome(n: number, net_r: number, is_null = false): OutcomeRow {
  const { id, at_ms } = row(n)
  return {
    id: is_null ? `${id}-null` : id, of: id, rule: 'confluence', name: 'long', symbol: 'BTCUSDT', side: 1, regime: 'range',
    score: 71.5, at_ms, is_null, is_final: false, stage: 'target', reason: 'last_target', hits: 2, entered_at_ms: at_ms,
    ended_at_ms: at_ms, duration_s: 60, gross_r: net_r, net_r, mfe_r: 2, mae_r: 0.3, funding: 0, unseen_s: 0,
  }
}

describe('the book of signals', () => {
  it('has the newest first, and each once', () => {
    const book = new SignalBook()
    book.merge([row(1), row(3)])
    book.take({ type: 'snapshot', topic: 'signals', seq: 1, ts: AT, signals: [row(3), row(2)] })

    expect(book.newest.map((one) => one.id)).toEqual([row(3).id, row(2).id, row(1).id])
  })

  it('follows each signal to its end', () => {
    const book = new SignalBook()
    book.take(delta({ signals: [row(1)], moves: [move(1, 1, 'pending', 'active')] }))
    expect(book.find(row(1).id)).toMatchObject({ stage: 'active', is_open: true, moved_at_ms: row(2).at_ms })

    book.take(delta({ moves: [move(1, 3, 'active', 'target')], outcomes: [outcome(1, 1.92), outcome(1, -1, true)] }))

    expect(book.find(row(1).id)).toMatchObject({ stage: 'target', is_open: false, net_r: 1.92 })
  })

  it('does not go back where something is told that it knows already', () => {
    const book = new SignalBook()
    const ended = row(1, { stage: 'target', is_open: false, moved_at_ms: row(9).at_ms, net_r: 1.9 })
    book.merge([ended])
    book.take(delta({ signals: [row(1)], moves: [move(1, 1, 'pending', 'active')] }))

    expect(book.find(row(1).id)).toEqual(ended)
  })

  it('passes over what belongs to a signal that it does not have', () => {
    const book = new SignalBook()
    const { version } = book
    book.take(delta({ moves: [move(1, 1, 'pending', 'active')], outcomes: [outcome(1, 2)] }))

    expect(book.newest).toEqual([])
    expect(book.version).toBeGreaterThanOrEqual(version)
  })

  it('keeps no more than its capacity, and what is open before what is over', () => {
    const book = new SignalBook(10)
    book.merge([row(0), ...Array.from({ length: 30 }, (_, n) => row(n + 1, { stage: 'stopped', is_open: false }))])

    expect(book.newest).toHaveLength(10)
    expect(book.find(row(0).id)?.is_open).toBe(true)
    book.merge(Array.from({ length: 20 }, (_, n) => row(n + 100)))
    expect(book.newest).toHaveLength(10)
    expect(book.newest[0].id).toBe(row(119).id)
  })

  it('lets go of what is a day older than the newest', () => {
    const book = new SignalBook()
    book.merge([row(0), row(24 * 60 + 1)])

    expect(book.newest.map((one) => one.id)).toEqual([row(24 * 60 + 1).id])
  })
})
