/** A body of the REST interface: figures, and when they were true. */
export interface Dated {
  as_of_ms: number
}

/** application/problem+json */
export interface Problem {
  type?: string
  title: string
  status: number
  detail?: string
  instance?: string
}

export interface Aged {
  value: number
  age_s: number
}

export interface Mover {
  symbol: string
  value: number
}

export interface MarketContext {
  timeframe: string
  leader: string
  at: number | null
  age_ns: number | null
  moved: number
  mean_bps: number | null
  dispersion_bps: number | null
  related: number
  mean_correlation: number | null
  mean_beta: number | null
}

export interface MarketView {
  at: number
  regime_timeframe: string
  regimes: Record<string, number>
  context: MarketContext | null
}

export interface Overview extends Dated {
  market: MarketView | null
  totals: {
    markets: number
    live: number
    stale: number
    gap: number
    waiting: number
    scored: number
    turnover_24h: number | null
    open_interest_value: number | null
  }
  movers: Record<string, Mover[]>
}

export interface SymbolRow {
  symbol: string
  base: string
  quote: string
  tick_size: number
  lot_size: number
  decimals: number
  status: string
  listed_ms: number | null
}

export interface Symbols extends Dated {
  symbols: SymbolRow[]
}

export interface SymbolDetail extends Dated {
  market: SymbolRow
  channels: {
    channel: string
    state: string
    age_s: number | null
    stale_after_s: number
    lag_s: number | null
    is_polled: boolean
  }[]
  candles: { timeframe: string; held: number; capacity: number; newest_ms: number | null }[]
}

export interface CandleColumns {
  open_time_ms: number[]
  open: number[]
  high: number[]
  low: number[]
  close: number[]
  volume: number[]
  turnover: number[]
  bought: (number | null)[]
  trades: (number | null)[]
  origin: string[]
  revised: boolean[]
}

export type Provisional = { [K in keyof CandleColumns]: CandleColumns[K][number] }

export interface Candles extends Dated {
  symbol: string
  timeframe: string
  next_before_ms: number | null
  columns: CandleColumns
  provisional: Provisional | null
  holes: { from_ms: number; to_ms: number }[]
}

export interface Book extends Dated {
  symbol: string
  is_synced: boolean
  age_s: number | null
  bids: [price: number, size: number][]
  asks: [price: number, size: number][]
  mid: number | null
  spread_bps: number | null
  microprice: number | null
  imbalance: number | null
}

export interface Derivatives extends Dated {
  symbol: string
  mark: Aged | null
  index: Aged | null
  basis_bps: Aged | null
  open_interest: Aged | null
  open_interest_value: Aged | null
  open_interest_change_1h: number | null
  open_interest_change_24h: number | null
  funding_rate: Aged | null
  funding_annualised: number | null
  next_funding_ms: number | null
  long_share: Aged | null
  liquidated_long_24h: number | null
  liquidated_short_24h: number | null
  liquidations_watched: number | null
}

export interface Trades extends Dated {
  symbol: string
  columns: { time_ms: number[]; price: number[]; size: number[]; is_buy: boolean[] }
}

export interface TimeframeReading {
  timeframe: string
  value: number
  usual: number
  direction: number
  quality: number
  share: number
  age_s: number
}

export interface FactorReading {
  name: string
  title: string
  group: string
  points: number
  direction: number
  quality: number
  value: number
  usual: number
  unit: string
  age_s: number
  sentence: string
  flips: string
  timeframes: TimeframeReading[]
}

export interface ComponentReading {
  name: string
  weight: number
  score: number
  direction: number
  quality: number
  strength: number
  points: number
  factors: FactorReading[]
  missing: string[]
}

export interface Relation {
  symbol: string
  leader: string
  timeframe: string
  at: number
  age_ns: number
  pairs: number
  correlation: number | null
  beta: number | null
  alpha_bps: number | null
  residual_bps: number | null
  residual_deviation_bps: number | null
  correlation_before: number | null
  correlation_after: number | null
}

export interface Cluster {
  low: number
  high: number
  long_turnover: number
  short_turnover: number
  longs: number
  shorts: number
  last_at: number
  age_ns: number
}

export interface Explanation {
  symbol: string
  at: number
  score: number | null
  coverage: number
  agreement: number
  conviction: number
  components: ComponentReading[]
  modifiers: string[]
  regime: { regime: string; timeframe: string; since: number | null; age_s: number | null; sentence: string }
  relations: Relation[]
  clusters: Cluster[]
}

export interface Score extends Dated {
  explanation: Explanation | null
}

export interface ScoreHistory extends Dated {
  symbol: string
  step_ms: number
  time_ms: number[]
  score: (number | null)[]
  components: Record<string, (number | null)[]>
}

export interface Gaps extends Dated {
  gaps: {
    symbol: string
    channel: string
    from_ms: number
    to_ms: number | null
    cause: string
    repair: string
    repaired: number
    lost: number
  }[]
  next_before: string | null
}

export interface MemoryOwner {
  owner: string
  kind: string
  policy: string
  capacity: number
  used: number
  peak: number
  bytes_reserved: number
  bytes_used: number
  evicted: number
  dropped: number
  rejected: number
  coalesced: number
}

export interface PressureStep {
  ago_s: number
  before: string
  after: string
  rss: number
  given_up: string
  taken_back: string
  bytes: number
}

export interface Memory extends Dated {
  uptime_s: number
  budget: number
  floor: number
  rss: number
  peak_rss: number
  anonymous: number
  unaccounted: number
  pressure: string
  given_up: string[]
  slope_mb_h: number | null
  steps: PressureStep[]
  owners: MemoryOwner[]
}

export interface Settings extends Dated {
  settings: { key: string; value: string; source: string; default: string; allowed: string; description: string }[]
}

export interface PartHealth {
  name: string
  status: 'ok' | 'degraded' | 'down'
  detail: string
}

export interface Health extends Dated {
  status: 'ok' | 'degraded' | 'down'
  parts: PartHealth[]
}

export interface Connections extends Dated {
  venue: string
  connections: {
    name: string
    state: string
    topics: number
    messages: number
    bytes: number
    reconnects: number
    failures: number
    last_message_age_s: number | null
  }[]
}

export interface Quality extends Dated {
  subscribed: string[]
  markets: {
    symbol: string
    channels: Record<string, string>
    book_synced: boolean | null
    compared: number
    mismatched: number
  }[]
}
