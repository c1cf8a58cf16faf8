/** The newest entries: at most `capacity`, none older than `maxAgeMs`. Newest first. */
export class Recent<T> {
  dropped = 0
  private items: { at: number; value: T }[] = []

  constructor(
    readonly capacity: number,
    readonly maxAgeMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  get size(): number {
    return this.items.length
  }

  add(value: T, at: number = this.now()): void {
    this.items.unshift({ at, value })
    this.trim()
  }

  list(): T[] {
    this.trim()
    return this.items.map((item) => item.value)
  }

  clear(): void {
    this.items = []
  }

  private trim(): void {
    const before = this.items.length
    const oldest = this.now() - this.maxAgeMs
    if (before > this.capacity) this.items.length = this.capacity
    this.items = this.items.filter((item) => item.at >= oldest)
    this.dropped += before - this.items.length
  }
}
