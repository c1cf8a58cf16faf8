import type { components } from './openapi'

type Schemas = components['schemas']

/** A body of the REST interface: figures, and when they were true. */
export interface Dated {
  as_of_ms: number
}

export type Problem = Partial<Schemas['Problem']> & { title: string; status: number }
export type Aged = Schemas['AgedFigure']
export type Mover = Schemas['Mover']
export type MarketContext = Schemas['MarketReading']
export type MarketView = Schemas['MarketView']
export type Overview = Schemas['Overview']
export type SymbolRow = Schemas['WatchedMarket']
export type Symbols = Schemas['WatchedMarkets']
export type SymbolDetail = Schemas['MarketStanding']
export type CandleColumns = Schemas['CandleColumns']
export type Provisional = Schemas['CandleRow']
export type Candles = Schemas['CandlePage']
export type Book = Schemas['OrderBook']
export type Derivatives = Schemas['DerivativeFigures']
export type Trades = Schemas['NewestTrades']
export type TimeframeReading = Schemas['TimeframeReading']
export type FactorReading = Schemas['FactorReading']
export type ComponentReading = Schemas['ComponentReading']
export type Relation = Schemas['Relation']
export type Cluster = Schemas['Cluster']
export type Explanation = Schemas['Explanation']
export type Score = Schemas['ExplainedScore']
export type ScoreHistory = Schemas['ScoresOverTime']
export type Gaps = Schemas['GapPage']
export type MemoryOwner = Schemas['OwnerReport']
export type PressureStep = Schemas['PressureStep']
export type Memory = Schemas['MemoryReport']
export type Settings = Schemas['EffectiveSettings']
export type PartHealth = Schemas['Part']
export type Health = Schemas['Health']
export type Connections = Schemas['Connections']
export type Quality = Schemas['Quality']
