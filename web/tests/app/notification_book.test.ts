import { describe, expect, it } from 'vitest'
import { NotificationBook } from '@/app/notification_book'
import type { NotificationsMessage, PushedNotification } from '@/wire/push'

function one(n: number, given: Partial<PushedNotification> = {}): PushedNotification {
  return {
    id: `id-${String(n).padStart(4, '0')}`, at_ms: 1_700_000_000_000 + n, severity: 'warning', title: `title ${n}`,
    text: 'text', events: 1, symbols: ['BTCUSDT'], read_ms: null, ...given,
  }
}

function snapshot(told: PushedNotification[], shown: PushedNotification[] = []): NotificationsMessage {
  return { type: 'snapshot', topic: 'notifications', seq: 1, ts: 5, told, shown }
}

function delta(told: PushedNotification[], shown: PushedNotification[] = []): NotificationsMessage {
  return { type: 'delta', topic: 'notifications', seq: 2, ts: 6, told, shown }
}

describe('the book of notifications', () => {
  it('shows nothing from before the page was opened', () => {
    const book = new NotificationBook()
    expect(book.take(snapshot([one(2), one(1)], [one(4), one(3)]))).toEqual([])
    expect(book.told.map((row) => row.id)).toEqual([one(2).id, one(1).id])
  })

  it('shows each once, oldest first', () => {
    const book = new NotificationBook()
    book.take(snapshot([]))
    expect(book.take(delta([], [one(1), one(2)]))).toEqual([one(1), one(2)])
    expect(book.take(delta([], [one(2), one(3)]))).toEqual([one(3)])
  })

  it('shows after a lost connection what came meanwhile', () => {
    const book = new NotificationBook()
    book.take(snapshot([], [one(1)]))
    expect(book.take(snapshot([], [one(3), one(2), one(1)]))).toEqual([one(2), one(3)])
  })

  it('replaces one that was read, and changes only where something did', () => {
    const book = new NotificationBook()
    book.take(snapshot([one(2), one(1)]))
    const before = book.version
    book.take(delta([], [one(9)]))
    expect(book.version).toBe(before)
    book.take(delta([one(1, { read_ms: 7 })]))
    expect(book.version).toBe(before + 1)
    expect(book.told.map((row) => row.read_ms)).toEqual([null, 7])
  })

  it('keeps a hundred, however many come, and knows the newest hundred again', () => {
    const book = new NotificationBook()
    book.take(snapshot([]))
    for (let n = 0; n < 1000; n += 50) {
      const rows = Array.from({ length: 50 }, (_, index) => one(n + index))
      book.take(delta(rows, rows))
    }
    expect(book.size).toBe(100)
    expect(book.evicted).toBe(900)
    expect(book.told[0].id).toBe(one(999).id)
    expect(book.take(delta([], [one(900), one(999)]))).toEqual([])
  })
})
