import { ledger } from '@/owned/ledger'
import type { SignalsMessage } from '@/wire/push'
import type { SignalRow } from '@/wire/rest'

const CAPACITY = 100
const KEPT_MS = 24 * 3_600_000

/** Whether something can still become of a signal that stands at *stage*. */
export function isOpen(stage: string): boolean {
  return stage === 'pending' || stage === 'active'
}

/** The newest hundred signals of a day and where they stand, as they are told. */
export class SignalBook {
  /** Changes with what is kept. */
  version = 0
  evicted = 0
  private rows: SignalRow[] = []

  constructor(private readonly capacity = CAPACITY) {
    ledger.register('signals', () => ({ size: this.rows.length, capacity, evicted: this.evicted }))
  }

  /** The newest first. */
  get newest(): readonly SignalRow[] {
    return this.rows
  }

  find(id: string): SignalRow | undefined {
    return this.rows.find((one) => one.id === id)
  }

  /** Takes rows as they stand now; of two of one id that which moved last counts. */
  merge(rows: readonly SignalRow[]): void {
    const kept = new Map(this.rows.map((one) => [one.id, one]))
    for (const one of rows) {
      const known = kept.get(one.id)
      if (!known || one.moved_at_ms >= known.moved_at_ms) kept.set(one.id, one)
    }
    const sorted = [...kept.values()].sort((a, b) => b.at_ms - a.at_ms || (a.id < b.id ? 1 : -1))
    const oldest = (sorted[0]?.at_ms ?? 0) - KEPT_MS
    // What is open stays before what is over.
    const wanted = sorted.filter((one) => one.at_ms >= oldest)
    const over = wanted.filter((one) => !one.is_open)
    const room = Math.max(0, this.capacity - (wanted.length - over.length))
    const left = new Set(over.slice(room))
    this.rows = wanted.filter((one) => !left.has(one)).slice(0, this.capacity)
    this.evicted += sorted.length - this.rows.length
    this.version += 1
  }

  /** Takes a message of the topic. */
  take(message: SignalsMessage): void {
    if (message.type === 'snapshot') {
      this.merge(message.signals)
      return
    }
    this.merge(message.signals.filter((one) => !this.find(one.id)))
    const changed = new Map<string, SignalRow>()
    const now = (id: string) => changed.get(id) ?? this.find(id)
    for (const { id, now: stage, at_ms } of message.moves) {
      const row = now(id)
      if (!row || at_ms < row.moved_at_ms) continue
      changed.set(id, { ...row, stage, is_open: isOpen(stage), moved_at_ms: at_ms })
    }
    for (const one of message.outcomes) {
      const row = one.is_null ? undefined : now(one.of)
      if (row) changed.set(row.id, { ...row, net_r: one.net_r })
    }
    if (changed.size > 0) this.merge([...changed.values()])
  }
}

export const signalBook = new SignalBook()
