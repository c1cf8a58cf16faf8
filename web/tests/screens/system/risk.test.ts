import { expect, test } from 'vitest'
import { countChannels } from '@/screens/system/channels'
import { Rates } from '@/screens/system/rates'
import { ranked, riskOf } from '@/screens/system/risk'
import { givenUp, hitRate } from '@/screens/system/tab'
import { owner } from './owners'

test('the fuller of items and bytes counts', () => {
  expect(riskOf(owner({ used: 90, bytes_used: 100 }))).toEqual({ level: 'high', fill: 0.9 })
  expect(riskOf(owner({ used: 10, bytes_used: 960 }))).toEqual({ level: 'critical', fill: 0.96 })
  expect(riskOf(owner({ used: 84 }))).toEqual({ level: 'room', fill: 0.84 })
})

test('a ring that is full is as it should be; more bytes than reserved never are', () => {
  const ring = owner({ policy: 'overwrites the oldest', used: 100, bytes_used: 1000 })
  expect(riskOf(ring).level).toBe('full by design')
  expect(riskOf({ ...ring, bytes_used: 1001 }).level).toBe('over')
})

test('what was lost while this page watched is a risk, what was lost before is not', () => {
  expect(riskOf(owner({ dropped: 3 }), 3).level).toBe('room')
  expect(riskOf(owner({ dropped: 3, rejected: 1 }), 3).level).toBe('losing')
})

test('owners are sorted by risk, then by fill', () => {
  const names = ranked(
    [
      owner({ owner: 'ring', policy: 'overwrites the oldest', used: 100 }),
      owner({ owner: 'half', used: 50 }),
      owner({ owner: 'full', used: 99 }),
      owner({ owner: 'over', bytes_used: 2000 }),
      owner({ owner: 'loses', rejected: 1 }),
    ],
    new Map([['loses', 0]]),
  ).map((one) => one.owner.owner)
  expect(names).toEqual(['over', 'full', 'loses', 'half', 'ring'])
})

test('the states of a channel are counted, and the ill are named up to a bound', () => {
  const quality = {
    as_of_ms: 0,
    subscribed: ['trades'],
    markets: ['live', 'stale', 'gap', 'gap'].map((state, n) => ({
      symbol: `S${n}`, channels: { trades: state }, book_synced: null, compared: 0, mismatched: 0,
    })),
  }
  const [trades] = countChannels(quality, 2)
  expect(trades.counts).toEqual({ live: 1, polled: 0, waiting: 0, stale: 1, gap: 2 })
  expect(trades.ill).toEqual(['S1', 'S2'])
})

test('the rate of a connection is not known before the second answer, nor after its counter began anew', () => {
  const rates = new Rates()
  const at = (ms: number, messages: number) => ({
    as_of_ms: ms,
    venue: 'bybit',
    connections: [{
      name: 'a', state: 'live', topics: 1, messages, bytes: 10 * messages, reconnects: 0, failures: 0,
      last_message_age_s: 0,
    }],
  })
  rates.look(at(0, 100))
  expect(rates.of('a').messages).toBeNaN()
  rates.look(at(2000, 300))
  expect(rates.of('a')).toEqual({ messages: 100, bytes: 1000 })
  rates.look(at(4000, 5))
  expect(rates.of('a').messages).toBeNaN()
})

test('a store that is no cache has no hit rate', () => {
  expect(hitRate({ size: 1, capacity: 2, hits: 3, misses: 1 })).toBe(0.75)
  expect(hitRate({ size: 1, capacity: 2 })).toBeNaN()
  expect(givenUp({ size: 1, capacity: 2, evicted: 2, expired: 1 })).toBe(3)
})
