/** The columns of the topic `overview`, in the order in which they are kept. */
export const COLUMNS = [
  'price',
  'change_1h',
  'change_24h',
  'turnover_24h',
  'open_interest',
  'open_interest_change_1h',
  'open_interest_change_24h',
  'funding',
  'basis_bps',
  'spread_bps',
  'trades_per_s',
  'score',
  'technical',
  'structure',
  'volume',
  'order_flow',
  'order_book',
  'sentiment',
  'regime',
  'coverage',
  'side',
  'score_since_ms',
  'score_then_price',
  'state',
  'last_ms',
] as const

export type ColumnName = (typeof COLUMNS)[number]

/** The six components of a score, in the order of their default weights. */
export const COMPONENTS = ['order_flow', 'order_book', 'volume', 'structure', 'technical', 'sentiment'] as const

export type ComponentName = (typeof COMPONENTS)[number]
