import type { ClientMessage, ServerMessage, TopicMessage } from '@/wire/push'
import { backoffMs } from './backoff'
import { MessageBuffer, type BufferPolicy } from './buffer'

/** What a subscriber does with a topic's messages; both have `seq` and `ts`. */
export type Handler = (message: TopicMessage) => void

export const MAX_HANDLERS = 50
const CHUNK = 50
const STEADY_MS = 5_000
const OPENING_MS = 10_000
const ANSWER_MS = 5_000

/** What a client needs of a WebSocket, so that tests pass their own. */
export interface Socket {
  onopen: ((event: unknown) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number; reason: string }) => void) | null
  onerror: ((event: unknown) => void) | null
  readonly readyState: number
  send(text: string): void
  close(): void
}

export interface Surroundings {
  open(): Socket
  now(): number
  later(ms: number, act: () => void): () => void
  /** After what else is waiting to be done. */
  soon(act: () => void): void
  random(): number
  token(): string | null
}

interface Topic {
  handlers: Map<Handler, ((detail: string) => void) | undefined>
  token: string | null
  seq: number
  /** When a snapshot, or the deltas after `seq`, were asked for (ms); 0 when nothing is waited for. */
  askedMs: number
  /** Something of it was seen since the connection was made. */
  isSeen: boolean
}

/**
 * The push connection: one socket, its topics with their sequence, and a bounded buffer between the two.
 *
 * A lost connection is opened again for ever (0.5 to 30 s, with jitter); each topic asks for what came after the last
 * message it has seen. A hole in a sequence, also one that the buffer tore, asks in the same way.
 */
export class PushClient {
  readonly buffer = new MessageBuffer()
  messages = 0
  bytes = 0
  reconnects = 0
  holes = 0
  errors = 0
  lastMessageMs = 0
  /** When the next attempt is made (ms, as `now`), 0 while connected. */
  retryAtMs = 0
  /** Why the connection was lost. */
  reason = ''
  warning = ''
  heartbeatS = 20
  private socket: Socket | null = null
  private readonly topics = new Map<string, Topic>()
  private readonly watchers = new Set<() => void>()
  private attempt = 0
  private isDraining = false
  private isStopped = true
  private cancelRetry: (() => void) | null = null
  private cancelSteady: (() => void) | null = null
  private cancelSilence: (() => void) | null = null

  constructor(private readonly around: Surroundings) {}

  get isOpen(): boolean {
    return this.socket !== null && this.socket.readyState === 1
  }

  get subscriptions(): number {
    let count = 0
    for (const topic of this.topics.values()) count += topic.handlers.size
    return count
  }

  get topicCount(): number {
    return this.topics.size
  }

  set policy(policy: BufferPolicy) {
    this.buffer.policy = policy
  }

  /** Called whenever the state of the connection changes. */
  watch(act: () => void): () => void {
    this.watchers.add(act)
    return () => this.watchers.delete(act)
  }

  start(): void {
    if (!this.isStopped) return
    this.isStopped = false
    this.connect()
  }

  stop(): void {
    this.isStopped = true
    this.cancelRetry?.()
    this.drop('stopped')
    this.buffer.clear()
  }

  /** Tries at once instead of waiting. */
  retry(): void {
    if (this.isStopped || this.socket) return
    this.cancelRetry?.()
    this.connect()
  }

  /**
   * Every message of topic *name* from here on, a snapshot first; ends with what is returned. *onProblem* is told why
   * there is no such topic, or why it has ended.
   */
  subscribe(name: string, handler: Handler, onProblem?: (detail: string) => void): () => void {
    let topic = this.topics.get(name)
    if (!topic) {
      topic = { handlers: new Map(), token: null, seq: -1, askedMs: 0, isSeen: false }
      this.topics.set(name, topic)
    } else if (topic.handlers.size >= MAX_HANDLERS) {
      throw new Error(`topic ${name} has ${MAX_HANDLERS} handlers, the most there may be: one of them is not ended`)
    } else {
      topic.seq = -1
    }
    topic.handlers.set(handler, onProblem)
    this.ask(name, topic)
    return () => this.unsubscribe(name, handler)
  }

  /** Takes a frame as the socket delivers it. */
  receive(text: string): void {
    const bytes = text.length
    this.messages += 1
    this.bytes += bytes
    this.buffer.push({ text, bytes, rank: rank(text) })
    this.schedule()
  }

  private unsubscribe(name: string, handler: Handler): void {
    const topic = this.topics.get(name)
    if (!topic?.handlers.delete(handler) || topic.handlers.size > 0) return
    this.topics.delete(name)
    if (topic.token !== null) this.send({ op: 'unsubscribe', token: topic.token })
  }

  private ask(name: string, topic: Topic): void {
    if (!this.isOpen) return
    topic.askedMs = this.around.now()
    this.send({ op: 'subscribe', topic: name, ...(topic.seq >= 0 ? { since: topic.seq } : {}) })
  }

  /** Asks unless an answer is on its way; for the whole when none came in time, since it may have been dropped. */
  private askAgain(name: string, topic: Topic): void {
    const waited = this.around.now() - topic.askedMs
    if (topic.askedMs !== 0 && waited <= ANSWER_MS) return
    if (topic.askedMs !== 0) topic.seq = -1
    this.ask(name, topic)
  }

  private connect(): void {
    this.retryAtMs = 0
    const socket = this.around.open()
    this.socket = socket
    socket.onopen = () => {
      const token = this.around.token()
      if (token) this.send({ op: 'authenticate', token })
      this.cancelSteady = this.around.later(STEADY_MS, () => {
        this.attempt = 0
        this.cancelSteady = null
      })
      for (const [name, topic] of this.topics) {
        topic.token = null
        topic.isSeen = false
        this.ask(name, topic)
      }
      this.expect(2.5 * this.heartbeatS * 1000)
      this.tell()
    }
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string') return
      this.lastMessageMs = this.around.now()
      this.receive(data)
    }
    socket.onclose = ({ code, reason }) => this.lost(socket, reason || closing(code))
    socket.onerror = () => undefined
    this.expect(OPENING_MS)
    this.tell()
  }

  /** Ends a connection on which nothing arrives for *ms*. */
  private expect(ms: number): void {
    this.cancelSilence?.()
    const socket = this.socket
    const from = this.around.now()
    this.cancelSilence = this.around.later(ms, () => {
      this.cancelSilence = null
      if (!socket || socket !== this.socket) return
      const quiet = this.around.now() - Math.max(this.lastMessageMs, from)
      if (quiet >= ms - 1) this.lost(socket, `nothing was received for ${Math.round(quiet / 1000)} s`)
      else this.expect(2.5 * this.heartbeatS * 1000 - quiet)
    })
  }

  private lost(socket: Socket, reason: string): void {
    if (socket !== this.socket) return
    this.drop(reason)
    if (this.isStopped) return
    const wait = backoffMs(this.attempt, () => this.around.random())
    this.attempt += 1
    this.reconnects += 1
    this.retryAtMs = this.around.now() + wait
    this.cancelRetry = this.around.later(wait, () => {
      this.cancelRetry = null
      this.connect()
    })
    this.tell()
  }

  private drop(reason: string): void {
    this.reason = reason
    this.cancelSteady?.()
    this.cancelSilence?.()
    this.cancelSteady = this.cancelSilence = null
    const socket = this.socket
    this.socket = null
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null
    try {
      socket.close()
    } catch {
      this.errors += 1
    }
  }

  private send(message: ClientMessage): void {
    if (this.isOpen) this.socket?.send(JSON.stringify(message))
  }

  private schedule(): void {
    if (this.isDraining || this.buffer.size === 0) return
    this.isDraining = true
    this.around.soon(() => {
      this.isDraining = false
      for (let n = 0; n < CHUNK; n += 1) {
        const next = this.buffer.shift()
        if (!next) break
        this.read(next.text)
      }
      this.schedule()
    })
  }

  private read(text: string): void {
    let message: ServerMessage
    try {
      message = JSON.parse(text) as ServerMessage
    } catch {
      this.errors += 1
      return
    }
    switch (message.type) {
      case 'hello':
        this.heartbeatS = message.heartbeat_s
        this.tell()
        break
      case 'ping':
        this.send({ op: 'pong' })
        break
      case 'subscribed':
        this.subscribed(message.topic, message.token, message.warning)
        break
      case 'error':
        this.errors += 1
        this.problem(message.detail, message.topic)
        break
      case 'snapshot':
      case 'delta':
        this.deliver(message)
        break
    }
  }

  private subscribed(name: string, token: string, warning?: string | null): void {
    const topic = this.topics.get(name)
    if (warning) this.warning = warning
    if (!topic) {
      this.send({ op: 'unsubscribe', token })
      return
    }
    // Asked for again after a hole: the subscription before has no use any more.
    if (topic.token !== null) this.send({ op: 'unsubscribe', token: topic.token })
    topic.token = token
  }

  private deliver(message: TopicMessage): void {
    const topic = this.topics.get(message.topic)
    if (!topic) return
    if (message.type === 'delta') {
      if (topic.seq < 0) return this.askAgain(message.topic, topic)
      if (topic.isSeen && message.seq <= topic.seq) return
      if (message.seq !== topic.seq + 1) {
        this.holes += 1
        topic.isSeen = true
        this.askAgain(message.topic, topic)
        return
      }
    }
    topic.seq = message.seq
    topic.askedMs = 0
    topic.isSeen = true
    for (const handler of topic.handlers.keys()) {
      try {
        handler(message)
      } catch (error) {
        this.errors += 1
        this.warning = `${message.topic}: ${error instanceof Error ? error.message : String(error)}`
      }
    }
  }

  private problem(detail: string, name?: string | null): void {
    this.warning = name ? `${name}: ${detail}` : detail
    const topic = name ? this.topics.get(name) : undefined
    if (topic) {
      topic.token = null
      topic.askedMs = 0
      for (const told of topic.handlers.values()) told?.(detail)
    }
    this.tell()
  }

  private tell(): void {
    for (const act of this.watchers) act()
  }
}

/** What may be lost first: a figure of the process, then a change, then what all the others build on. */
function rank(text: string): number {
  const head = text.slice(0, 96)
  if (/"topic":"(memory|health)"/.test(head)) return 0
  return head.includes('"type":"delta"') ? 1 : 2
}

function closing(code: number): string {
  if (code === 1001) return 'the server stopped'
  if (code === 1008) return 'the server refused this client'
  if (code === 1013) return 'the server has no room for this client, or it read too slowly'
  return `the connection was lost (${code})`
}
