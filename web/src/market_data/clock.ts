/** How far the server's clock is ahead of ours (ms): the largest of what was seen lately, since transit only delays. */
class ServerClock {
  private offset = 0
  private isKnown = false
  private readonly seen = new Float64Array(64).fill(-Infinity)
  private next = 0

  get offsetMs(): number {
    return this.offset
  }

  /** *ts* of a message that has just arrived. */
  observe(ts: number): void {
    this.seen[this.next] = ts - Date.now()
    this.next = (this.next + 1) % this.seen.length
    this.offset = Math.max(...this.seen)
    this.isKnown = true
  }

  /** Milliseconds since the epoch by the server's clock. */
  now(): number {
    return Date.now() + (this.isKnown ? this.offset : 0)
  }
}

export const serverClock = new ServerClock()
