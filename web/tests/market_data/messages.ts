import type { OverviewSnapshot } from '@/wire/push'

/** Three markets, the last of which has hardly been seen. */
export const snapshot = (changes: Partial<OverviewSnapshot> = {}): OverviewSnapshot => ({
  type: 'snapshot',
  topic: 'overview',
  seq: 1,
  ts: 1000,
  universe: 1,
  symbols: ['AUSDT', 'BUSDT', 'CUSDT'],
  decimals: [2, 4, 1],
  regimes: ['unknown', 'range'],
  states: ['live', 'stale'],
  c: { price: [10, 20, null], score: [70, null, 30], state: [0, 1, 0], regime: [1, 0, 1], last_ms: [900, 100, null] },
  ...changes,
})
