import { ledger } from '@/owned/ledger'
import type { Memory } from '@/wire/rest'

export const MOST_SAMPLES = 240
export const MOST_OWNERS = 192
export const FIRST_STEP_MS = 5_000
const LEAST_SAMPLES = 12
const LEAST_SPAN_MS = 60_000
/** A growth is worth a projection once it was watched for so long. */
export const PROJECTED_MS = 600_000

/** Names under which figures of the whole process are watched. */
export const RSS = '(rss)'
export const UNACCOUNTED = '(unaccounted)'

/** How something grew while it was watched. */
export interface Growth {
  bytesPerHour: number
  /** What was watched (ms). */
  spanMs: number
}

/**
 * What each owner held over the time that this page has watched: at most 240 samples of at most 192 owners.
 *
 * A full ring keeps every other sample and from then on takes half as many, so that the whole time stays in view. It
 * starts anew when the process did. Memory: 186 KB.
 */
export class MemoryWatch {
  size = 0
  version = 0
  stepMs = FIRST_STEP_MS
  readonly time = new Float64Array(MOST_SAMPLES)
  private readonly bytes = new Float32Array(MOST_SAMPLES * MOST_OWNERS).fill(NaN)
  private readonly columns = new Map<string, number>()
  private startedMs = NaN

  get owners(): number {
    return this.columns.size
  }

  get spanMs(): number {
    return this.size > 0 ? this.time[this.size - 1] - this.time[0] : 0
  }

  /** Takes a sample when it is time for one; true when it did. */
  look(memory: Memory): boolean {
    const startedMs = memory.as_of_ms - 1000 * memory.uptime_s
    if (Math.abs(startedMs - this.startedMs) > 30_000) this.clear()
    this.startedMs = startedMs
    if (this.size > 0 && memory.as_of_ms - this.time[this.size - 1] < this.stepMs - 250) return false
    if (this.size === MOST_SAMPLES) this.thin()
    const row = this.size
    this.time[row] = memory.as_of_ms
    this.bytes.fill(NaN, row * MOST_OWNERS, (row + 1) * MOST_OWNERS)
    this.note(row, RSS, memory.rss)
    this.note(row, UNACCOUNTED, memory.unaccounted)
    for (const one of memory.owners) this.note(row, one.owner, one.bytes_used)
    this.size += 1
    this.version += 1
    return true
  }

  /** What *owner* held, one value a sample; NaN where it was not told. */
  values(owner: string): Float64Array {
    const found = new Float64Array(this.size).fill(NaN)
    const column = this.columns.get(owner)
    if (column === undefined) return found
    for (let row = 0; row < this.size; row += 1) found[row] = this.bytes[row * MOST_OWNERS + column]
    return found
  }

  /**
   * Growth from the median of the first third of the samples to that of the last; null while too little was watched.
   *
   * A single high or low sample does not move it.
   */
  growth(owner: string): Growth | null {
    if (this.size < LEAST_SAMPLES || this.spanMs < LEAST_SPAN_MS) return null
    const values = this.values(owner)
    const third = Math.floor(this.size / 3)
    const before = median(values.subarray(0, third))
    const after = median(values.subarray(this.size - third))
    const from = median(this.time.subarray(0, third))
    const hours = (median(this.time.subarray(this.size - third, this.size)) - from) / 3_600_000
    if (!(hours > 0) || Number.isNaN(before) || Number.isNaN(after)) return null
    return { bytesPerHour: (after - before) / hours, spanMs: this.spanMs }
  }

  clear(): void {
    this.size = 0
    this.stepMs = FIRST_STEP_MS
    this.columns.clear()
    this.version += 1
  }

  private note(row: number, owner: string, bytes: number): void {
    let column = this.columns.get(owner)
    if (column === undefined) {
      if (this.columns.size === MOST_OWNERS) return
      column = this.columns.size
      this.columns.set(owner, column)
      for (let n = 0; n < row; n += 1) this.bytes[n * MOST_OWNERS + column] = NaN
    }
    this.bytes[row * MOST_OWNERS + column] = bytes
  }

  private thin(): void {
    const half = MOST_SAMPLES / 2
    for (let row = 0; row < half; row += 1) {
      this.time[row] = this.time[2 * row]
      this.bytes.copyWithin(row * MOST_OWNERS, 2 * row * MOST_OWNERS, (2 * row + 1) * MOST_OWNERS)
    }
    this.size = half
    this.stepMs *= 2
  }
}

export function median(values: Float64Array): number {
  const known = values.filter((value) => !Number.isNaN(value)).sort()
  if (known.length === 0) return NaN
  const middle = known.length >> 1
  return known.length % 2 === 1 ? known[middle] : (known[middle - 1] + known[middle]) / 2
}

/** Hours until *bytes* reach *capacity* at this growth; Infinity: never; NaN: watched too briefly to say. */
export function hoursToCap(bytes: number, capacity: number, growth: Growth | null): number {
  if (bytes >= capacity) return 0
  if (!growth || growth.spanMs < PROJECTED_MS) return NaN
  if (growth.bytesPerHour <= 0) return Infinity
  return (capacity - bytes) / growth.bytesPerHour
}

/** Outlives the screen, so that a way back finds what was watched. */
export const memoryWatch = new MemoryWatch()
ledger.register('memory samples', () => ({ size: memoryWatch.size, capacity: MOST_SAMPLES, owners: memoryWatch.owners }))
