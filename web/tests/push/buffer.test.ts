import { expect, test } from 'vitest'
import { MessageBuffer } from '@/push/buffer'

const message = (n: number, rank = 1, bytes = 10) => ({ text: String(n), bytes, rank })

function texts(buffer: MessageBuffer): string[] {
  const found: string[] = []
  for (let next = buffer.shift(); next; next = buffer.shift()) found.push(next.text)
  return found
}

test('first in, first out: five thousand into a thousand leave the last thousand', () => {
  const buffer = new MessageBuffer()
  for (let n = 0; n < 5000; n += 1) buffer.push(message(n))

  expect([buffer.size, buffer.dropped, buffer.peak, buffer.bytes]).toEqual([1000, 4000, 1000, 10_000])
  expect(texts(buffer)[0]).toBe('4000')
  expect([buffer.size, buffer.bytes]).toEqual([0, 0])
})

test('discard keeps what is there', () => {
  const buffer = new MessageBuffer(3)
  buffer.policy = 'discard'
  const taken = [0, 1, 2, 3, 4].map((n) => buffer.push(message(n)))

  expect(taken).toEqual([true, true, true, false, false])
  expect(buffer.dropped).toBe(2)
  expect(texts(buffer)).toEqual(['0', '1', '2'])
})

test('priority drops the oldest of the least important', () => {
  const buffer = new MessageBuffer(4)
  buffer.policy = 'priority'
  for (const [n, rank] of [2, 0, 1, 0].entries()) buffer.push(message(n, rank))

  expect(buffer.push(message(4, 1))).toBe(true)
  expect(buffer.push(message(5, 2))).toBe(true)
  expect(buffer.push(message(6, 0))).toBe(false)
  expect(texts(buffer)).toEqual(['0', '2', '4', '5'])
})

test('bytes are bounded as well as messages', () => {
  const buffer = new MessageBuffer(1000, 100)
  for (let n = 0; n < 20; n += 1) buffer.push(message(n))
  expect([buffer.size, buffer.bytes]).toEqual([10, 100])

  expect(buffer.push(message(99, 1, 101))).toBe(false)
  expect(buffer.size).toBe(10)
})

test('it warns from 800 messages on', () => {
  const buffer = new MessageBuffer()
  for (let n = 0; n < 799; n += 1) buffer.push(message(n))
  expect(buffer.isNearlyFull).toBe(false)
  buffer.push(message(799))
  expect(buffer.isNearlyFull).toBe(true)
  buffer.clear()
  expect(buffer.isNearlyFull).toBe(false)
})
