import type { CDPSession, Page } from '@playwright/test'
import { expect } from './page'

/** Times are told against their goals and fail at twice of them: others may use the machine. EXACT=1: at the goals. */
const TIMES = process.env.EXACT ? 1 : 2
export const RUNS = 3

export const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]

function tell(what: string, value: number, goal: number, unit: string): void {
  process.stdout.write(`${what}: ${value.toFixed(goal < 1 ? 4 : 1)} ${unit} (at most ${goal} ${unit})\n`)
}

/** The median of what was measured, against a goal that another load of the machine may move. */
export function expectTime(what: string, values: readonly number[], goal: number, unit: string): void {
  tell(what, median(values), goal, unit)
  expect(median(values), what).toBeLessThanOrEqual(TIMES * goal)
}

export function expectSize(what: string, value: number, goal: number, unit: string): void {
  tell(what, value, goal, unit)
  expect(value, what).toBeLessThanOrEqual(goal)
}

/**
 * Time (s) for which the main thread of the page has worked: of the processor, whatever else the machine does, or by
 * the clock on the wall.
 */
export async function mainThread(page: Page, domain: 'threadTicks' | 'timeTicks' = 'threadTicks') {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable', { timeDomain: domain })
  return async (): Promise<number> => {
    const { metrics } = await cdp.send('Performance.getMetrics')
    return metrics.find((one) => one.name === 'TaskDuration')?.value ?? NaN
  }
}

/** Bytes of objects and of what typed arrays lie in. */
export async function heapOf(cdp: CDPSession): Promise<number> {
  // The definition lacks what the answer has.
  const heap = (await cdp.send('Runtime.getHeapUsage')) as { usedSize: number; backingStorageSize?: number }
  return heap.usedSize + (heap.backingStorageSize ?? 0)
}

/** Frees what nobody holds; the click lets go of what the pointer was over last. */
export async function collect(page: Page, cdp: CDPSession): Promise<void> {
  await page.mouse.click(5, 5)
  await page.waitForTimeout(300)
  for (let n = 0; n < 3; n += 1) await cdp.send('HeapProfiler.collectGarbage')
}
