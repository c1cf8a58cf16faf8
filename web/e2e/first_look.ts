import type { Page } from '@playwright/test'

interface Seen {
  paintMs: number
  largestMs: number
  shift: number
  tasks: { at: number; took: number }[]
  /** The longest until the next frame, of each thing that a user did (ms). */
  answers: Record<number, number>
}

/** What a user feels: when the largest part stood there, how long nothing could be done, what moved, what answered. */
export interface Felt {
  largestMs: number
  blockedMs: number
  shift: number
  answerMs: number
}

/** Notes it from the first byte on. */
export async function watchFirstLook(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen: Seen = { paintMs: NaN, largestMs: NaN, shift: 0, tasks: [], answers: {} }
    Object.assign(window, { seen })
    const watch = (type: string, act: (entry: PerformanceEntry) => void, more: object = {}) =>
      new PerformanceObserver((list) => list.getEntries().forEach(act)).observe({ type, buffered: true, ...more })
    watch('paint', (one) => {
      if (one.name === 'first-contentful-paint') seen.paintMs = one.startTime
    })
    watch('largest-contentful-paint', (one) => (seen.largestMs = one.startTime))
    watch('layout-shift', (one) => {
      const shift = one as PerformanceEntry & { value: number; hadRecentInput: boolean }
      if (!shift.hadRecentInput) seen.shift += shift.value
    })
    watch('longtask', (one) => seen.tasks.push({ at: one.startTime, took: one.duration }))
    watch(
      'event',
      (one) => {
        const { interactionId, duration } = one as PerformanceEntry & { interactionId: number }
        if (interactionId > 0) seen.answers[interactionId] = Math.max(seen.answers[interactionId] ?? 0, duration)
      },
      { durationThreshold: 16 },
    )
  })
}

/**
 * What was felt until now. Blocked: what long tasks took beyond 50 ms each, from the first paint on. *stretch*: so much
 * longer did all of it take than on a machine that does nothing else.
 */
export async function felt(page: Page, stretch: number): Promise<Felt> {
  const seen = await page.evaluate(() => (window as unknown as { seen: Seen }).seen)
  const blocked = seen.tasks.filter(({ at }) => at >= seen.paintMs).map(({ took }) => Math.max(0, took / stretch - 50))
  return {
    largestMs: seen.largestMs / stretch,
    blockedMs: blocked.reduce((sum, one) => sum + one, 0),
    shift: seen.shift,
    answerMs: Math.max(0, ...Object.values(seen.answers)) / stretch,
  }
}
