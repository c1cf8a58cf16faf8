import type { NotificationsMessage, PushedNotification } from '@/wire/push'

/** The newest notifications that this page was told: at most `capacity` of the history, and the ids of those shown. */
export class NotificationBook {
  evicted = 0
  /** Changes with each change. */
  version = 0
  /** Of the history, the newest first. */
  told: readonly PushedNotification[] = []
  private readonly seen = new Set<string>()
  private isBegun = false

  constructor(readonly capacity = 100) {}

  get size(): number {
    return this.told.length
  }

  /** Takes a message of the topic; gives what is to be shown, oldest first: each once, and nothing from before. */
  take(message: NotificationsMessage): PushedNotification[] {
    if (message.told.length > 0) this.merge(message.told)
    const shown = message.type === 'snapshot' ? [...message.shown].reverse() : message.shown
    const isNew = this.isBegun || message.type === 'delta'
    this.isBegun = true
    const fresh = shown.filter((one) => !this.seen.has(one.id))
    for (const one of fresh) this.seen.add(one.id)
    for (const id of this.seen) {
      if (this.seen.size <= this.capacity) break
      this.seen.delete(id)
    }
    return isNew ? fresh : []
  }

  private merge(rows: readonly PushedNotification[]): void {
    const all = new Map(this.told.map((one) => [one.id, one]))
    for (const one of rows) all.set(one.id, one)
    const sorted = [...all.values()].sort((a, b) => b.at_ms - a.at_ms || (a.id < b.id ? 1 : -1))
    this.evicted += Math.max(0, sorted.length - this.capacity)
    this.told = sorted.slice(0, this.capacity)
    this.version += 1
  }
}
