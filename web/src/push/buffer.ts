/** Which message gives way when the buffer is full: the oldest, the least important, or the one that arrives. */
export type BufferPolicy = 'fifo' | 'priority' | 'discard'

export interface Buffered {
  text: string
  bytes: number
  /** 0 gives way first. */
  rank: number
}

/** Messages that wait to be read: at most `capacity` of them and `maxBytes` in all; what gives way is counted. */
export class MessageBuffer {
  policy: BufferPolicy = 'fifo'
  dropped = 0
  peak = 0
  bytes = 0
  size = 0
  private readonly slots: (Buffered | undefined)[]
  private head = 0

  constructor(
    readonly capacity = 1000,
    readonly maxBytes = 2 * 1024 * 1024,
    readonly warnAt = 800,
  ) {
    this.slots = new Array<Buffered | undefined>(capacity).fill(undefined)
  }

  get isNearlyFull(): boolean {
    return this.size >= this.warnAt || this.bytes >= 0.8 * this.maxBytes
  }

  /** False when the message itself was dropped. */
  push(message: Buffered): boolean {
    if (message.bytes > this.maxBytes) {
      this.dropped += 1
      return false
    }
    while (this.size === this.capacity || this.bytes + message.bytes > this.maxBytes) {
      if (this.policy === 'discard' || (this.policy === 'priority' && !this.dropLowest(message.rank))) {
        this.dropped += 1
        return false
      }
      if (this.policy === 'fifo') {
        this.shift()
        this.dropped += 1
      }
    }
    this.slots[(this.head + this.size) % this.capacity] = message
    this.size += 1
    this.bytes += message.bytes
    this.peak = Math.max(this.peak, this.size)
    return true
  }

  shift(): Buffered | undefined {
    if (this.size === 0) return undefined
    const message = this.slots[this.head]
    this.slots[this.head] = undefined
    this.head = (this.head + 1) % this.capacity
    this.size -= 1
    this.bytes -= message?.bytes ?? 0
    return message
  }

  clear(): void {
    this.slots.fill(undefined)
    this.head = this.size = this.bytes = 0
  }

  /** Drops the oldest of the lowest rank, unless that is above *rank*. */
  private dropLowest(rank: number): boolean {
    let lowest = rank
    let found = -1
    for (let n = 0; n < this.size; n += 1) {
      const held = this.slots[(this.head + n) % this.capacity]
      if (held && (held.rank < lowest || (found < 0 && held.rank === lowest))) {
        lowest = held.rank
        found = n
      }
    }
    if (found < 0) return false
    this.bytes -= this.slots[(this.head + found) % this.capacity]?.bytes ?? 0
    for (let n = found; n < this.size - 1; n += 1) {
      this.slots[(this.head + n) % this.capacity] = this.slots[(this.head + n + 1) % this.capacity]
    }
    this.slots[(this.head + this.size - 1) % this.capacity] = undefined
    this.size -= 1
    this.dropped += 1
    return true
  }
}
