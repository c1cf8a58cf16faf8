import { expect, test } from 'vitest'
import { MAX_HANDLERS } from '@/push/client'
import { World } from './fake_socket'

const snapshot = (seq: number, topic = 'book.A') => ({ type: 'snapshot', topic, seq, ts: 1 })
const delta = (seq: number, topic = 'book.A') => ({ type: 'delta', topic, seq, ts: 1 })
const asked = (world: World) => world.socket.sent.filter((one) => one.op === 'subscribe')

function followed(world: World, topic = 'book.A'): number[] {
  const seen: number[] = []
  world.client.subscribe(topic, (message) => seen.push(message.seq))
  return seen
}

test('a topic is asked for once the connection is there, and its messages arrive in order', () => {
  const world = new World()
  const seen = followed(world)
  world.connected()

  world.socket.say(snapshot(7))
  world.socket.say(delta(8))
  world.settle()

  expect(asked(world)).toEqual([{ op: 'subscribe', topic: 'book.A' }])
  expect(seen).toEqual([7, 8])
})

test('a hole asks for what came after the last message, and what follows the hole is not applied', () => {
  const world = new World().connected()
  const seen = followed(world)
  for (const message of [snapshot(1), delta(2), delta(4), delta(5)]) world.socket.say(message)
  world.settle()

  expect(seen).toEqual([1, 2])
  expect(asked(world).at(-1)).toEqual({ op: 'subscribe', topic: 'book.A', since: 2 })
  expect(world.client.holes).toBe(2)

  for (const message of [delta(3), delta(4), delta(5), delta(6)]) world.socket.say(message)
  world.settle()
  expect(seen).toEqual([1, 2, 3, 4, 5, 6])
})

test('when the answer to a hole is lost too, the whole is asked for', () => {
  const world = new World().connected()
  const seen = followed(world)
  for (const message of [snapshot(1), delta(3)]) world.socket.say(message)
  world.settle()
  world.pass(6000)

  world.socket.say(delta(9))
  world.settle()

  expect(asked(world).at(-1)).toEqual({ op: 'subscribe', topic: 'book.A' })
  world.socket.say(snapshot(10))
  world.settle()
  expect(seen).toEqual([1, 10])
})

test('a message that was seen already is left out', () => {
  const world = new World().connected()
  const seen = followed(world)
  for (const message of [snapshot(5), delta(5), delta(4), delta(6)]) world.socket.say(message)
  world.settle()

  expect(seen).toEqual([5, 6])
})

test('a lost connection is opened again and every topic goes on where it was', () => {
  const world = new World().connected()
  const seen = followed(world)
  world.socket.say(snapshot(1))
  world.settle()

  world.socket.drop(1006)
  expect(world.client.retryAtMs).toBe(world.at + 500)
  world.pass(500)
  world.socket.accept()

  expect(world.sockets).toHaveLength(2)
  expect(asked(world)).toEqual([{ op: 'subscribe', topic: 'book.A', since: 1 }])
  world.socket.say(delta(2))
  world.settle()
  expect(seen).toEqual([1, 2])
})

test('the pause doubles up to 30 s and begins anew once a connection has held for 5 s', () => {
  const world = new World()
  world.client.start()
  const pauses: number[] = []
  for (let n = 0; n < 8; n += 1) {
    world.socket.drop()
    pauses.push(world.client.retryAtMs - world.at)
    world.pass(pauses[n])
  }
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000])

  world.socket.accept()
  world.pass(5000)
  world.socket.drop()
  expect(world.client.retryAtMs - world.at).toBe(500)
})

test('a connection on which nothing arrives for two and a half heartbeats is given up', () => {
  const world = new World().connected()
  world.socket.say({ type: 'hello', v: 1, ts: 1, heartbeat_s: 20 })
  world.settle()
  const first = world.socket

  world.pass(49_000)
  expect(first.readyState).toBe(1)
  world.pass(2_000)

  expect(first.readyState).toBe(3)
  expect(world.client.reason).toContain('nothing was received')
  expect(world.client.reconnects).toBe(1)
})

test('a connection that says something in time is kept', () => {
  const world = new World().connected()
  const first = world.socket
  for (let n = 0; n < 10; n += 1) {
    world.pass(20_000)
    first.say({ type: 'ping', ts: 1 })
    world.settle()
  }

  expect(first.readyState).toBe(1)
  expect(first.sent.filter((one) => one.op === 'pong')).toHaveLength(10)
})

test('an attempt that is not answered within 10 s is given up', () => {
  const world = new World()
  world.client.start()
  world.pass(10_000)

  expect(world.client.reconnects).toBe(1)
  expect(world.sockets[0].readyState).toBe(3)
})

test('the last handler of a topic that leaves ends its subscription', () => {
  const world = new World().connected()
  const one = world.client.subscribe('book.A', () => undefined)
  const other = world.client.subscribe('book.A', () => undefined)
  world.socket.say({ type: 'subscribed', topic: 'book.A', token: 'T', subscriptions: 1 })
  world.settle()

  one()
  expect(world.socket.sent.some((sent) => sent.op === 'unsubscribe')).toBe(false)
  other()
  other()
  expect(world.socket.sent.filter((sent) => sent.op === 'unsubscribe')).toEqual([{ op: 'unsubscribe', token: 'T' }])
  expect(world.client.topicCount).toBe(0)
})

test('a topic that was left before its token came is ended when it comes', () => {
  const world = new World().connected()
  world.client.subscribe('book.A', () => undefined)()
  world.socket.say({ type: 'subscribed', topic: 'book.A', token: 'T', subscriptions: 1 })
  world.settle()

  expect(world.socket.sent.at(-1)).toEqual({ op: 'unsubscribe', token: 'T' })
})

test('a second token of a topic ends the subscription of the first', () => {
  const world = new World().connected()
  world.client.subscribe('book.A', () => undefined)
  world.socket.say({ type: 'subscribed', topic: 'book.A', token: 'T1', subscriptions: 1 })
  world.socket.say({ type: 'subscribed', topic: 'book.A', token: 'T2', subscriptions: 2 })
  world.settle()

  expect(world.socket.sent.at(-1)).toEqual({ op: 'unsubscribe', token: 'T1' })
})

test('the fifty-first handler of a topic is refused', () => {
  const world = new World().connected()
  for (let n = 0; n < MAX_HANDLERS; n += 1) world.client.subscribe('book.A', () => undefined)

  expect(() => world.client.subscribe('book.A', () => undefined)).toThrow('50 handlers')
})

test('what waits is read fifty messages at a time', () => {
  const world = new World().connected()
  const seen = followed(world)
  world.socket.say(snapshot(0))
  for (let seq = 1; seq < 120; seq += 1) world.socket.say(delta(seq))

  world.flush()
  expect(seen).toHaveLength(50)
  world.flush()
  expect(seen).toHaveLength(100)
  world.flush()
  expect(seen).toHaveLength(120)
})

test('what the buffer dropped is asked for again', () => {
  const world = new World().connected()
  const seen = followed(world)
  world.socket.say(snapshot(0))
  world.settle()
  for (let seq = 1; seq <= 1500; seq += 1) world.socket.say(delta(seq))
  world.settle()

  expect(world.client.buffer.dropped).toBe(500)
  expect(seen).toEqual([0])
  expect(asked(world).at(-1)).toEqual({ op: 'subscribe', topic: 'book.A', since: 0 })
})

test('an unreadable frame and a handler that fails are counted and take nothing else with them', () => {
  const world = new World().connected()
  world.client.subscribe('book.A', () => {
    throw new Error('no')
  })
  const seen = followed(world)
  world.socket.onmessage?.({ data: '{' })
  world.socket.say(snapshot(1))
  world.settle()

  expect(seen).toEqual([1])
  expect(world.client.errors).toBe(2)
  expect(world.client.warning).toBe('book.A: no')
})

test('a handler is told why there is no such topic', () => {
  const world = new World().connected()
  const told: string[] = []
  world.client.subscribe('book.NONE', () => undefined, (detail) => told.push(detail))
  world.socket.say({ type: 'error', topic: 'book.NONE', detail: 'no market is called NONE' })
  world.settle()

  expect(told).toEqual(['no market is called NONE'])
})

test('a secret is said before anything else', () => {
  const world = new World()
  world.secret = 's'
  world.client.subscribe('book.A', () => undefined)
  world.connected()

  expect(world.socket.sent.map((sent) => sent.op)).toEqual(['authenticate', 'subscribe'])
})

test('a close of the server says why', () => {
  const world = new World().connected()
  world.socket.drop(1013)
  expect(world.client.reason).toContain('no room')
})

test('stop closes the connection and opens none again', () => {
  const world = new World().connected()
  world.client.stop()
  world.pass(60_000)

  expect(world.sockets).toHaveLength(1)
  expect(world.socket.readyState).toBe(3)
})

test('a wish to try at once does not wait, and does nothing while connected', () => {
  const world = new World().connected()
  world.client.retry()
  expect(world.sockets).toHaveLength(1)

  world.socket.drop()
  world.client.retry()
  expect(world.sockets).toHaveLength(2)
  world.pass(60_000)
  expect(world.sockets.length).toBeGreaterThan(2)
})
