import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, nextTick, ref, type EffectScope } from 'vue'
import { frames } from '@/owned/frames'
import { useOwned } from '@/owned/owned'
import { link } from '@/push/link'
import { useTopic } from '@/push/topic'

let scope: EffectScope
// One clock for all: the frames remember when they were drawn.
beforeAll(() => vi.useFakeTimers())
afterAll(() => vi.useRealTimers())
beforeEach(() => (scope = effectScope()))
afterEach(() => scope.stop())

function said(topic: string, seq: number): void {
  link.receive(JSON.stringify({ type: 'snapshot', topic, seq, ts: seq, is_synced: true, bids: [], asks: [], trades: [] }))
  vi.advanceTimersByTime(2000)
}

function followed(symbol: string | null = 'A') {
  const wanted = ref(symbol)
  const seen: number[] = []
  const told = scope.run(() =>
    useTopic(useOwned(), () => (wanted.value ? (`book.${wanted.value}` as const) : null), ({ seq }) => seen.push(seq)),
  )!
  return { wanted, seen, ...told }
}

test('the newest message is shown in frames, and each is handed over', () => {
  const { message, seen } = followed()
  expect(message.value).toBeNull()
  said('book.A', 1)
  said('book.A', 2)
  expect(message.value?.seq).toBe(2)
  expect(seen).toEqual([1, 2])
})

test('another topic begins with nothing, and the one before is left', async () => {
  const { wanted, message, seen } = followed()
  said('book.A', 1)
  wanted.value = 'B'
  await nextTick()
  expect(message.value).toBeNull()
  said('book.A', 2)
  expect(seen).toEqual([1])
  said('book.B', 9)
  expect(message.value?.seq).toBe(9)
})

test('before a connection it loads; what was shown stays, and is old, when the connection is lost', () => {
  const { state, error } = followed()
  expect(state.value).toBe('loading')
  said('book.A', 1)
  expect(state.value).toBe('stale')
  expect(error.value).not.toBeNull()
})

test('a topic that is refused says why', () => {
  const { state, error } = followed('NONE')
  link.receive(JSON.stringify({ type: 'error', topic: 'book.NONE', detail: 'no market is called NONE' }))
  vi.advanceTimersByTime(1000)
  expect(state.value).toBe('error')
  expect(error.value?.message).toBe('no market is called NONE')
})

test('nothing is left when the screen is', () => {
  followed()
  followed()
  expect(link.subscriptions).toBe(2)
  scope.stop()
  expect(link.subscriptions).toBe(0)
})

test('the first message is shown in the next frame, whatever the rate of the frames', () => {
  const { message } = followed()
  vi.advanceTimersByTime(1000)
  // The next frame by the rate comes a quarter of a second after this one.
  frames.ask(true)
  vi.advanceTimersByTime(20)
  link.receive(
    JSON.stringify({ type: 'snapshot', topic: 'book.A', seq: 1, ts: 1, is_synced: true, bids: [], asks: [], trades: [] }),
  )
  vi.advanceTimersByTime(60)
  expect(message.value?.seq).toBe(1)
})
