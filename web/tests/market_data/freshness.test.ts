import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { announced, announce, sayWaiting } from '@/app/announcer'
import { freshness, market } from '@/market_data/live'
import { snapshot } from './messages'

const NOW = 1_800_000_000_000
beforeEach(() => {
  vi.useFakeTimers()
  vi.setSystemTime(NOW)
})
afterEach(() => vi.useRealTimers())

function traded(agoMs: number, sentAgoMs = agoMs): void {
  const c = { last_ms: [NOW - agoMs, null, null] }
  market.snapshot(snapshot({ universe: market.universe + 1, ts: NOW - sentAgoMs, c }))
}

test('before the first trade there is no age, and it waits', () => {
  market.snapshot(snapshot({ c: {} }))
  expect(freshness().word).toBe('waiting')
  expect(freshness().ageS).toBeNaN()
})

test('fresh figures are live, whatever the socket says', () => {
  traded(300)
  expect(freshness()).toMatchObject({ word: 'live', ageS: 0.3 })
})

test('old figures are not live, and while no connection stands the reason is that', () => {
  traded(4000)
  expect(freshness()).toMatchObject({ word: 'disconnected', glyph: '✕', ageS: 4 })
})

test('what is announced waits for five seconds, together', () => {
  announce('one')
  sayWaiting(10_000)
  expect(announced.value).toBe('one')
  for (const text of ['two', 'three', 'four', 'five']) announce(text)
  sayWaiting(14_000)
  expect(announced.value).toBe('one')
  sayWaiting(15_000)
  expect(announced.value).toBe('two; three; four; and 1 more')
})
