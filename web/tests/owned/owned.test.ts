import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { effectScope } from 'vue'
import { frames } from '@/owned/frames'
import { ledger } from '@/owned/ledger'
import { Owned, useOwned } from '@/owned/owned'

const held = () => ({ ...ledger.held })

// One clock for all: the frames remember when they were drawn.
beforeAll(() => vi.useFakeTimers())
afterAll(() => vi.useRealTimers())

test('everything that was started is counted, and ended with its owner', () => {
  const before = held()
  const owned = new Owned()
  const target = new EventTarget()
  const act = vi.fn()
  const end = vi.fn()
  owned.interval(10, act)
  owned.timeout(10, act)
  owned.listen(target, 'x', act)
  owned.size(document.body, act)
  owned.frame(act)
  owned.own('charts', end)
  const { signal } = owned.request()
  expect(held()).toEqual({
    ...before,
    timers: before.timers + 2,
    listeners: before.listeners + 1,
    observers: before.observers + 1,
    frames: before.frames + 1,
    charts: before.charts + 1,
    requests: before.requests + 1,
  })

  owned.end()
  owned.end()
  target.dispatchEvent(new Event('x'))
  vi.advanceTimersByTime(5000)

  expect(held()).toEqual(before)
  expect(signal.aborted).toBe(true)
  expect(end).toHaveBeenCalledTimes(1)
  expect(act).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})

test('one thing can be ended early, once', () => {
  const before = held()
  const owned = new Owned()
  const act = vi.fn()
  const stop = owned.interval(10, act)
  vi.advanceTimersByTime(25)
  stop()
  stop()
  vi.advanceTimersByTime(100)

  expect(act).toHaveBeenCalledTimes(2)
  expect(held()).toEqual(before)
})

test('a timeout that has run is no longer held', () => {
  const before = held()
  const owned = new Owned()
  owned.timeout(10, () => undefined)
  vi.advanceTimersByTime(10)
  expect(held()).toEqual(before)
})

test('after its end it starts nothing, and ends at once what it is given', () => {
  const before = held()
  const owned = new Owned()
  owned.end()
  const end = vi.fn()
  owned.interval(1, end)
  owned.own('charts', end)

  expect(end).toHaveBeenCalledTimes(1)
  expect(owned.request().signal.aborted).toBe(true)
  expect(held()).toEqual(before)
  expect(vi.getTimerCount()).toBe(0)
})

test('a request that is done is not aborted by the end', () => {
  const owned = new Owned()
  const { signal, done } = owned.request()
  done()
  owned.end()
  expect(signal.aborted).toBe(false)
})

test('the owner of a scope ends with the scope', () => {
  const before = held()
  const scope = effectScope()
  scope.run(() => useOwned().interval(10, () => undefined))
  expect(ledger.held.timers).toBe(before.timers + 1)
  scope.stop()
  expect(held()).toEqual(before)
})

test('many wishes for a frame draw once, at most at the rate', () => {
  const owned = new Owned()
  const draw = vi.fn()
  owned.frame(draw)
  vi.advanceTimersByTime(20)
  const first = draw.mock.calls.length
  expect(first).toBe(1)
  for (let n = 0; n < 50; n += 1) {
    frames.ask()
    vi.advanceTimersByTime(10)
  }
  owned.end()

  expect(draw.mock.calls.length - first).toBeGreaterThanOrEqual(1)
  expect(draw.mock.calls.length - first).toBeLessThanOrEqual(2)
  expect(vi.getTimerCount()).toBe(0)
})

test('without data a frame is drawn once a second, for the ages', () => {
  const owned = new Owned()
  const draw = vi.fn()
  owned.frame(draw)
  vi.advanceTimersByTime(5100)
  owned.end()
  expect(draw.mock.calls.length).toBeGreaterThanOrEqual(5)
  expect(draw.mock.calls.length).toBeLessThanOrEqual(7)
})

test('what is read and not watched is drawn no more often than it wants', () => {
  const owned = new Owned()
  const draw = vi.fn()
  owned.frame(draw, 1000)
  for (let n = 0; n < 500; n += 1) {
    frames.ask()
    vi.advanceTimersByTime(10)
  }
  owned.end()
  expect(draw.mock.calls.length).toBeGreaterThanOrEqual(4)
  expect(draw.mock.calls.length).toBeLessThanOrEqual(6)
})

test('work after the next drawing is done once, or never when its owner has ended', () => {
  const before = held()
  const owned = new Owned()
  const act = vi.fn()
  owned.afterPaint(act)
  expect(act).not.toHaveBeenCalled()
  vi.advanceTimersByTime(200)
  expect(act).toHaveBeenCalledTimes(1)
  expect(held()).toEqual(before)

  owned.afterPaint(act)
  vi.advanceTimersByTime(5)
  owned.end()
  vi.advanceTimersByTime(200)
  expect(act).toHaveBeenCalledTimes(1)
  expect(vi.getTimerCount()).toBe(0)
})

test('work for when nothing else is done is held until then, and dropped with its owner', () => {
  const waiting = new Map<number, () => void>()
  vi.stubGlobal('requestIdleCallback', (act: () => void) => waiting.set(waiting.size + 1, act).size)
  vi.stubGlobal('cancelIdleCallback', (handle: number) => waiting.delete(handle))
  const before = held()
  const owned = new Owned()
  const act = vi.fn()
  owned.idle(act)
  expect(held()).toEqual({ ...before, timers: before.timers + 1 })
  waiting.get(1)?.()
  expect(act).toHaveBeenCalledTimes(1)
  expect(held()).toEqual(before)

  owned.idle(act)
  owned.end()
  expect(held()).toEqual(before)
  expect(waiting.has(2)).toBe(false)
  vi.unstubAllGlobals()
})

test('a turn is over after what waits, and never for who has ended', async () => {
  const owned = new Owned()
  const act = vi.fn()
  void owned.turn().then(act)
  expect(act).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(act).toHaveBeenCalledTimes(1)

  void owned.turn().then(act)
  owned.end()
  await vi.advanceTimersByTimeAsync(1000)
  expect(act).toHaveBeenCalledTimes(1)
})
