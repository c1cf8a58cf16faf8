import type { components } from './openapi'

type Schemas = components['schemas']
/** What is null by default may be left out. */
type MayLack<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>

export type OverviewSnapshot = Schemas['OverviewSnapshot']
export type OverviewDelta = Schemas['OverviewDelta']
export type CandleMessage = Schemas['CandleSnapshot'] | Schemas['CandleDelta']
/** open_time_ms, open, high, low, close, volume, turnover, bought */
export type CandleRow = Schemas['CandleSnapshot']['candles'][number]
export type BookMessage = Schemas['BookSnapshot'] | Schemas['BookDelta']
export type ScoreMessage = Schemas['ScoreSnapshot'] | Schemas['ScoreDelta']
export type MemoryMessage = Schemas['MemorySnapshot'] | Schemas['MemoryDelta']
export type HealthMessage = Schemas['HealthSnapshot'] | Schemas['HealthDelta']
export type SignalsMessage = Schemas['SignalsSnapshot'] | Schemas['SignalsDelta']
export type NotificationsMessage = Schemas['NotificationsSnapshot'] | Schemas['NotificationsDelta']
export type BacktestsMessage = Schemas['BacktestsSnapshot'] | Schemas['BacktestsDelta']
export type PushedNotification = Schemas['PushedNotification']

/** What comes of each topic: a snapshot, then what changed since the message before. */
export interface Topics {
  overview: OverviewSnapshot | OverviewDelta
  memory: MemoryMessage
  health: HealthMessage
  signals: SignalsMessage
  notifications: NotificationsMessage
  backtests: BacktestsMessage
  [score: `score.${string}`]: ScoreMessage
  [candle: `candle.${string}.${string}`]: CandleMessage
  [book: `book.${string}`]: BookMessage
}

export type TopicName = keyof Topics
export type TopicMessage = Topics[TopicName]
export type ServerMessage =
  | Schemas['Hello']
  | MayLack<Schemas['Subscribed'], 'warning'>
  | Schemas['Ping']
  | MayLack<Schemas['PushProblem'], 'topic'>
  | TopicMessage
export type ClientMessage =
  | MayLack<Schemas['Subscribe'], 'since'>
  | Schemas['Unsubscribe']
  | Schemas['Pong']
  | Schemas['Authenticate']
