import { expect, test } from 'vitest'
import {
  FIRST_STEP_MS, hoursToCap, median, MemoryWatch, MOST_OWNERS, MOST_SAMPLES, RSS,
} from '@/screens/system/memory_watch'
import type { Memory } from '@/wire/rest'
import { owner } from './owners'

const HOUR = 3_600_000

function memory(atMs: number, rss: number, bytesUsed = 0, startedMs = -HOUR): Memory {
  return {
    as_of_ms: atMs,
    uptime_s: (atMs - startedMs) / 1000,
    budget: 1e9,
    floor: 0,
    rss,
    peak_rss: rss,
    anonymous: rss,
    unaccounted: 0,
    pressure: 'normal',
    given_up: [],
    slope_mb_h: null,
    steps: [],
    owners: [owner({ owner: 'tape', bytes_used: bytesUsed })],
  }
}

test('a sample is taken once a step, however often figures come', () => {
  const watch = new MemoryWatch()
  for (let ms = 0; ms <= 2 * FIRST_STEP_MS; ms += 1000) watch.look(memory(ms, 100))
  expect(watch.size).toBe(3)
})

test('a full ring keeps every other sample, all of the time, and never more than its capacity', () => {
  const watch = new MemoryWatch()
  for (let n = 0; n < 5 * MOST_SAMPLES; n += 1) watch.look(memory(n * FIRST_STEP_MS, n))
  expect(watch.size).toBeLessThanOrEqual(MOST_SAMPLES)
  expect(watch.time[0]).toBe(0)
  expect(watch.stepMs).toBe(8 * FIRST_STEP_MS)
  const values = watch.values(RSS)
  for (let n = 0; n < watch.size; n += 1) expect(values[n] * FIRST_STEP_MS).toBe(watch.time[n])
})

test('a restart of the process begins the watch anew', () => {
  const watch = new MemoryWatch()
  watch.look(memory(0, 100))
  watch.look(memory(FIRST_STEP_MS, 100))
  watch.look(memory(2 * FIRST_STEP_MS, 50, 0, FIRST_STEP_MS + 40_000))
  expect(watch.size).toBe(1)
})

test('owners beyond the bound are left out', () => {
  const watch = new MemoryWatch()
  const many = memory(0, 1)
  many.owners = Array.from({ length: 3 * MOST_OWNERS }, (_, n) => owner({ owner: `o${n}` }))
  watch.look(many)
  expect(watch.owners).toBe(MOST_OWNERS)
  expect(watch.values(`o${2 * MOST_OWNERS}`)[0]).toBeNaN()
})

test('growth is bytes an hour, and a spike does not move it', () => {
  const watch = new MemoryWatch()
  for (let n = 0; n < 60; n += 1) {
    const ms = n * FIRST_STEP_MS
    watch.look(memory(ms, 1e6 + (3600 * ms) / 1000 + (n === 57 ? 9e9 : 0), 500))
  }
  expect(watch.growth(RSS)?.bytesPerHour).toBeCloseTo(3600 * 3600, -2)
  expect(watch.growth('tape')?.bytesPerHour).toBe(0)
})

test('what was watched too briefly has no growth and no projection', () => {
  const watch = new MemoryWatch()
  for (let n = 0; n < 5; n += 1) watch.look(memory(n * FIRST_STEP_MS, n))
  expect(watch.growth(RSS)).toBeNull()
  expect(hoursToCap(50, 100, null)).toBeNaN()
  expect(hoursToCap(50, 100, { bytesPerHour: 10, spanMs: 100_000 })).toBeNaN()
})

test('the time to a cap is what is left by the growth, never for what shrinks, none for what is over', () => {
  expect(hoursToCap(50, 100, { bytesPerHour: 10, spanMs: HOUR })).toBe(5)
  expect(hoursToCap(50, 100, { bytesPerHour: -1, spanMs: HOUR })).toBe(Infinity)
  expect(hoursToCap(100, 100, null)).toBe(0)
})

test('a median leaves out what is not known', () => {
  expect(median(Float64Array.of(3, NaN, 1, 2))).toBe(2)
  expect(median(Float64Array.of(1, 4))).toBe(2.5)
  expect(median(Float64Array.of(NaN))).toBeNaN()
})
