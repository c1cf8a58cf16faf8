import { COMPONENTS, type ComponentName } from '@/wire/overview'
import type { Explanation, ScoreHistory } from '@/wire/rest'

export const MOST_POINTS = 1440
const STEP_MS = 60_000

/** The score and its components at one minute; NaN where not known. */
export interface ScorePoint {
  atMs: number
  score: number
  components: Record<ComponentName, number>
}

/**
 * The score of one market at the beginning of each minute, the oldest first, for 24 hours: what the server keeps, and
 * what came since. `latest` is the newest of all, between two minutes.
 *
 * Memory: 92 KB.
 */
export class ScoreTrail {
  size = 0
  version = 0
  /** Counts the times at which all of it was replaced. */
  fills = 0
  latest = { atMs: NaN, score: NaN }
  readonly time = new Float64Array(MOST_POINTS)
  readonly score = new Float64Array(MOST_POINTS)
  readonly components = Object.fromEntries(COMPONENTS.map((name) => [name, new Float64Array(MOST_POINTS)])) as Record<
    ComponentName,
    Float64Array
  >

  clear(): void {
    this.size = 0
    this.latest = { atMs: NaN, score: NaN }
    this.fills += 1
    this.version += 1
  }

  fill(answer: ScoreHistory): void {
    const from = Math.max(0, answer.time_ms.length - MOST_POINTS)
    this.size = answer.time_ms.length - from
    for (let n = 0; n < this.size; n += 1) {
      this.time[n] = answer.time_ms[n + from]
      this.score[n] = answer.score[n + from] ?? NaN
      for (const name of COMPONENTS) this.components[name][n] = answer.components[name]?.[n + from] ?? NaN
    }
    this.fills += 1
    this.version += 1
  }

  /** Takes the score of this second; the first of a minute is that of the minute. */
  put(explanation: Explanation): void {
    const atMs = explanation.at / 1e6
    if (atMs < this.latest.atMs) return
    this.latest = { atMs, score: explanation.score ?? NaN }
    this.version += 1
    const minute = Math.floor(atMs / STEP_MS) * STEP_MS
    if (this.size > 0 && this.time[this.size - 1] >= minute) return
    if (this.size === MOST_POINTS) this.shift()
    const at = this.size
    this.size += 1
    this.time[at] = minute
    this.score[at] = explanation.score ?? NaN
    for (const name of COMPONENTS) {
      const found = explanation.components.find((one) => one.name === name)
      this.components[name][at] = found && found.factors.length > 0 ? found.score : NaN
    }
  }

  /** The newest index whose minute began at or before *ms*; -1 when there is none. */
  indexAt(ms: number): number {
    let low = 0
    let high = this.size
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.time[middle] <= ms) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** What was known at *ms*; null where nothing is kept for that minute. */
  pointAt(ms: number): ScorePoint | null {
    const at = this.indexAt(ms)
    if (at < 0 || ms - this.time[at] >= 2 * STEP_MS) return null
    const components = Object.fromEntries(COMPONENTS.map((name) => [name, this.components[name][at]]))
    return { atMs: this.time[at], score: this.score[at], components: components as Record<ComponentName, number> }
  }

  /** The score that was known at *ms*; NaN where none was. */
  scoreAt(ms: number): number {
    if (ms >= this.latest.atMs && ms - this.latest.atMs < 2 * STEP_MS) return this.latest.score
    return this.pointAt(ms)?.score ?? NaN
  }

  /** The scores of the minutes until *ms*; until now, and the latest with them, when that is null. */
  *scores(ms: number | null): Generator<number> {
    const last = ms === null ? this.size - 1 : this.indexAt(ms)
    for (let n = 0; n <= last; n += 1) yield this.score[n]
    if (ms === null && this.latest.atMs > 0) yield this.latest.score
  }

  private shift(): void {
    const columns = [this.time, this.score, ...Object.values(this.components)]
    for (const column of columns) column.copyWithin(0, 1)
    this.size -= 1
  }
}
