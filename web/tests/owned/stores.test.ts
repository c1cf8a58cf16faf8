import { expect, test } from 'vitest'
import { Lru } from '@/owned/lru'
import { Recent } from '@/owned/recent'

test('what was used longest ago gives way', () => {
  const cache = new Lru<number>(3, 1000, () => 0)
  for (const key of ['a', 'b', 'c']) cache.put(key, 1)
  cache.get('a')
  cache.put('d', 1)

  expect([...cache.keys()]).toEqual(['c', 'a', 'd'])
  expect(cache.get('b')).toBeUndefined()
  expect([cache.hits, cache.misses, cache.evicted]).toEqual([1, 1, 1])
})

test('what is too old is not given, and swept', () => {
  let now = 0
  const cache = new Lru<number>(20, 300_000, () => now)
  for (let n = 0; n < 25; n += 1) cache.put(`k${n}`, n)
  expect(cache.size).toBe(20)

  now = 300_001
  expect(cache.get('k24')).toBeUndefined()
  expect(cache.sweep()).toBe(false)
  expect([cache.size, cache.expired]).toEqual([0, 20])
})

test('the newest entries are kept, at most so many and none older than a day', () => {
  let now = 0
  const recent = new Recent<number>(100, 86_400_000, () => now)
  for (let n = 0; n < 250; n += 1) recent.add(n)
  expect([recent.size, recent.list()[0], recent.dropped]).toEqual([100, 249, 150])

  now = 86_400_001
  recent.add(1000)
  expect(recent.list()).toEqual([1000])
})
