import type { Explanation, Memory, PartHealth } from './rest'

/** What a server says of a topic: whole, or what changed since the message before. */
export interface TopicMessage {
  type: 'snapshot' | 'delta'
  topic: string
  seq: number
  ts: number
}

export type ServerMessage =
  | { type: 'hello'; v: number; ts: number; heartbeat_s: number }
  | { type: 'subscribed'; topic: string; token: string; subscriptions: number; warning?: string }
  | { type: 'ping'; ts: number }
  | { type: 'error'; topic?: string; detail: string }
  | TopicMessage

export type ClientMessage =
  | { op: 'subscribe'; topic: string; since?: number }
  | { op: 'unsubscribe'; token: string }
  | { op: 'pong' }
  | { op: 'authenticate'; token: string }

/** open_time_ms, open, high, low, close, volume, turnover, bought */
export type CandleRow = [number, number, number, number, number, number, number, number]

export interface CandleMessage extends TopicMessage {
  candles?: CandleRow[]
  closed?: CandleRow[]
  provisional: CandleRow | null
  revised?: true
}

export interface BookMessage extends TopicMessage {
  is_synced: boolean
  bids: [price: number, size: number][]
  asks: [price: number, size: number][]
  trades: [time_ms: number, price: number, size: number, is_buy: boolean][]
}

export interface ScoreMessage extends TopicMessage {
  explanation: Explanation | null
}

export interface MemoryMessage extends TopicMessage {
  memory: Memory
}

export interface HealthFigures {
  uptime_s: number
  messages_per_s: number
  trades_per_s: number
  messages: number
  trades: number
  candles: number
  gaps: number
  decode_errors: number
  loop_lag_ms: number
  loop_lag_p50_ms: number
  loop_lag_p99_ms: number
  cpu: number
  rss: number
  peak_rss: number
  budget: number
  slope_mb_h: number | null
  offset_ms: number | null
  stale: number
  polled: number
  books_out: number
  pressure: string
  given_up: string[]
}

export interface HealthMessage extends TopicMessage {
  figures: HealthFigures
  clients: { open: number; capacity: number; slow_closed: number; conflated: number }
  parts: PartHealth[]
}
