import type { BacktestChoices, BacktestRow, BacktestTold, FigureRow, ParameterChoice, UnderWay } from '@/wire/rest'

export const DAY = 86_400_000
export const JANUARY = Date.UTC(2024, 0, 1)
export const JUNE = Date.UTC(2024, 5, 30)

export function runRow(id: string, given: Partial<BacktestRow> = {}): BacktestRow {
  return {
    id, name: id, state: 'done', strategy: 'mean_cross.py', data: 'majors', markets: ['BTCUSDT', 'ETHUSDT'],
    market_count: 2, timeframe: '1h', begin_ms: JANUARY, end_ms: JUNE, created_ms: JUNE, ended_ms: JUNE, candles: 8688,
    trips: 120, total_return: 0.1, sharpe: 1.2, max_drawdown: -0.2, error: null, ...given,
  }
}

export function underWay(id: string, given: Partial<UnderWay> = {}): UnderWay {
  return {
    id, name: id, state: 'running', strategy: 'mean_cross.py', data: 'majors', done: 0, candles: 100, trips: 0,
    begun_ms: JUNE, eta_ms: null, error: null, ...given,
  }
}

export function parameter(name: string, kind: string, given: Partial<ParameterChoice> = {}): ParameterChoice {
  return { name, kind, default: '', minimum: null, maximum: null, choices: [], text: '', ...given }
}

export function figure(name: string, given: Partial<FigureRow> = {}): FigureRow {
  return { name, value: 0, unit: 'ratio', why: '', low: null, high: null, ...given }
}

export const FAST = parameter('fast', 'integer', { default: '20', minimum: 2, maximum: 500 })

export const CHOICES: BacktestChoices = {
  as_of_ms: JUNE,
  folder: '/strategies',
  note: null,
  strategies: [
    { name: 'mean_cross.py', text: 'Follows two means', parameters: [FAST, parameter('slow', 'integer', { default: '100' })], error: null },
    { name: 'broken.py', text: '', parameters: [], error: 'broken.py, line 3: invalid syntax' },
  ],
  data: [
    {
      name: 'majors', error: null,
      timeframes: [
        { timeframe: '1m', markets: 2, sample: ['BTCUSDT', 'ETHUSDT'], begin_ms: JANUARY, end_ms: JUNE, candles: null },
        { timeframe: '1h', markets: 2, sample: ['BTCUSDT', 'ETHUSDT'], begin_ms: JANUARY, end_ms: JUNE, candles: 8688 },
      ],
    },
  ],
  models: [
    {
      kind: 'fees', default: 'venue',
      models: [
        { name: 'none', text: 'No fees', parameters: [] },
        {
          name: 'venue', text: 'Fees of the venue',
          parameters: [
            parameter('tier', 'integer', { default: '0', minimum: 0, maximum: 9 }),
            parameter('rebates', 'boolean', { default: 'true' }),
            parameter('taker', 'number', { default: 'None', minimum: 0, maximum: 100 }),
          ],
        },
      ],
    },
  ],
}

export const TOLD: BacktestTold = {
  as_of_ms: JUNE,
  run: runRow('mean-cross-1f3a5c', { begin_ms: JANUARY + DAY }),
  markets: ['BTCUSDT', 'ETHUSDT'],
  settings: {
    parameters: { fast: 10, slow: 100 },
    models: { 'fees.use': 'venue', 'fees.venue.tier': '3', 'fees.venue.taker': 'None', 'fees.venue.rebates': 'True' },
    cash: 5000,
    code_sha256: 'c0de',
    data_sha256: 'da7a',
  },
  result: null,
}
