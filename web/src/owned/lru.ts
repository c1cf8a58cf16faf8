/** What was used last: at most `capacity` items, none older than `ttlMs`; hits, misses and evictions are counted. */
export class Lru<V> {
  hits = 0
  misses = 0
  evicted = 0
  expired = 0
  private readonly items = new Map<string, { value: V; at: number }>()

  constructor(
    readonly capacity: number,
    readonly ttlMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  get size(): number {
    return this.items.size
  }

  keys(): IterableIterator<string> {
    return this.items.keys()
  }

  get(key: string): V | undefined {
    const held = this.items.get(key)
    if (!held || this.now() - held.at > this.ttlMs) {
      this.misses += 1
      if (held) {
        this.items.delete(key)
        this.expired += 1
      }
      return undefined
    }
    this.hits += 1
    this.items.delete(key)
    this.items.set(key, held)
    return held.value
  }

  put(key: string, value: V): void {
    this.items.delete(key)
    this.items.set(key, { value, at: this.now() })
    while (this.items.size > this.capacity) this.evictOldest()
  }

  delete(key: string): void {
    this.items.delete(key)
  }

  /** Drops what is too old; true while anything is left. */
  sweep(): boolean {
    for (const [key, held] of this.items) {
      if (this.now() - held.at > this.ttlMs) {
        this.items.delete(key)
        this.expired += 1
      }
    }
    return this.items.size > 0
  }

  clear(): void {
    this.items.clear()
  }

  private evictOldest(): void {
    const oldest = this.items.keys().next().value
    if (oldest === undefined) return
    this.items.delete(oldest)
    this.evicted += 1
  }
}
