import { ledger } from './ledger'

/**
 * One animation frame for all: drawn when something was asked for, at most `rate` times a second, never while hidden.
 *
 * A heartbeat of one second asks by itself, so that ages grow while nothing arrives. `now` is performance.now().
 */
export class Frames {
  rate = 4
  drawn = 0
  /** How long the newest frame took, its mean over about 20, and the longest of the minute (ms). */
  lastMs = 0
  meanMs = 0
  longestMs = 0
  readonly draws = new Set<(now: number) => void>()
  private handle = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private heartbeat: ReturnType<typeof setInterval> | undefined
  private drawnAt = -Infinity
  private longestSince = 0

  add(draw: (now: number) => void): () => void {
    this.draws.add(draw)
    this.heartbeat ??= setInterval(() => this.ask(), 1000)
    this.ask()
    return () => {
      this.draws.delete(draw)
      if (this.draws.size > 0) return
      clearInterval(this.heartbeat)
      clearTimeout(this.timer)
      cancelAnimationFrame(this.handle)
      this.heartbeat = this.timer = undefined
      this.handle = 0
    }
  }

  /** Wants a frame as soon as the rate allows one; *now* at the next one that the browser has, for what a user did. */
  ask(isNow = false): void {
    if (this.draws.size === 0 || document.hidden) return
    if (isNow) {
      clearTimeout(this.timer)
      this.timer = undefined
      if (!this.handle) this.handle = requestAnimationFrame((at) => this.draw(at))
      return
    }
    if (this.handle || this.timer !== undefined) return
    const wait = this.drawnAt + 1000 / this.rate - performance.now()
    if (wait <= 4) {
      this.handle = requestAnimationFrame((at) => this.draw(at))
    } else {
      this.timer = setTimeout(() => {
        this.timer = undefined
        if (!this.handle && !document.hidden) this.handle = requestAnimationFrame((at) => this.draw(at))
      }, wait)
    }
  }

  private draw(now: number): void {
    this.handle = 0
    this.drawnAt = now
    const from = performance.now()
    for (const draw of this.draws) draw(now)
    const took = performance.now() - from
    this.drawn += 1
    this.lastMs = took
    this.meanMs += (took - this.meanMs) / Math.min(this.drawn, 20)
    if (now - this.longestSince > 60_000) {
      this.longestMs = 0
      this.longestSince = now
    }
    this.longestMs = Math.max(this.longestMs, took)
  }
}

export const frames = new Frames()
ledger.register('frames', () => ({
  size: frames.draws.size,
  capacity: 100,
  drawn: frames.drawn,
  mean_ms: frames.meanMs,
  longest_ms: frames.longestMs,
}))
