import { describe, expect, it } from 'vitest'
import { Bars } from '@/charts/bars'
import {
  barAt,
  fate,
  knownAt,
  label,
  labels,
  levels,
  merged,
  MOST_MARKED,
  places,
  planned,
  shortName,
  type Place,
} from '@/screens/symbol/signal_places'
import { AT, row } from '../signals/rows'

const MINUTE = 60_000
/** The minute that AT lies in begins then. */
const OPEN = AT - (AT % MINUTE)

function bars(minutes: readonly number[]): Bars {
  const made = new Bars('BTCUSDT', '1m')
  for (const minute of minutes) made.put([OPEN + minute * MINUTE, 10, 12, 9, 11, 2, 22, 1])
  return made
}

const place = (index: number, ...rules: string[]): Place => ({
  index,
  side: 1,
  rows: rules.map((rule, n) => row(n, { rule })),
})

describe('the bar of a signal', () => {
  it('is the one that was open then', () => {
    const held = bars([0, 1, 2])

    expect(barAt(held, OPEN + MINUTE, MINUTE)).toBe(1)
    expect(barAt(held, OPEN + 2 * MINUTE - 1, MINUTE)).toBe(1)
    expect(barAt(held, OPEN + 2 * MINUTE, MINUTE)).toBe(2)
  })

  it('is none before the first, after the last and in a hole', () => {
    const held = bars([0, 4])

    expect(barAt(held, OPEN - 1, MINUTE)).toBe(-1)
    expect(barAt(held, OPEN + 2 * MINUTE, MINUTE)).toBe(-1)
    expect(barAt(held, OPEN + 5 * MINUTE, MINUTE)).toBe(-1)
    expect(barAt(new Bars('BTCUSDT', '1m'), OPEN, MINUTE)).toBe(-1)
  })
})

describe('places', () => {
  it('put what was raised in one bar to one side together, the newest first', () => {
    const later = row(1, { id: 'later', at_ms: row(1).at_ms + 1000 })
    const found = places([later, row(1), row(0, { side: -1 })], bars([0, 1, 2]), MINUTE)

    expect(found.map((one) => [one.index, one.side, one.rows.map((each) => each.id)])).toEqual([
      [0, -1, [row(0).id]],
      [1, 1, ['later', row(1).id]],
    ])
  })

  it('are of the newest hundred that lie in a bar', () => {
    const minutes = Array.from({ length: 150 }, (_, n) => n)
    const newestFirst = [...minutes].reverse().map((n) => row(n))
    const found = places([row(200), ...newestFirst], bars(minutes), MINUTE)

    expect(found).toHaveLength(MOST_MARKED)
    expect(found[0].index).toBe(50)
    expect(found[MOST_MARKED - 1].index).toBe(149)
  })
})

describe('what is written at a place', () => {
  it('is the rule in short and what became of it', () => {
    expect(['confluence', 'whale_flow', 'open_interest_surge'].map(shortName)).toEqual(['Conf', 'WF', 'OIS'])
    expect(['pending', 'target', 'stopped', 'expired'].map((stage) => fate(row(0, { stage, is_open: stage === 'pending' }))))
      .toEqual(['', '✓', '✕', '–'])
  })

  it('names two and counts the others', () => {
    expect(label(place(0, 'whale_flow'))).toBe('WF')
    expect(label(place(0, 'whale_flow', 'confluence', 'volume_anomaly', 'funding_extreme'))).toBe('WF Conf +2')
  })

  it('is left out where there is no room beside a newer one on its side', () => {
    const side = { ...place(4, 'whale_flow'), side: -1 }
    // Two letters and the space between take 19 px.
    const all = [place(0, 'whale_flow'), place(3, 'whale_flow'), side, place(5, 'whale_flow')]

    expect(labels(all, 7)).toEqual(['WF', '', 'WF', 'WF'])
    expect(labels(all, 19)).toEqual(['WF', 'WF', 'WF', 'WF'])
  })
})

describe('the rows of a market', () => {
  it('are those of both sources, each once, as they moved last', () => {
    const moved = row(1, { stage: 'active', moved_at_ms: row(3).at_ms })
    const told = [moved, row(2), row(3, { symbol: 'ETHUSDT' }), row(-5)]
    const found = merged([row(1), row(0)], told, 'BTCUSDT', AT)

    expect(found).toEqual([row(2), moved, row(0)])
    expect(merged([moved], [row(1)], 'BTCUSDT', AT)).toEqual([moved])
  })

  it('take a result that came without a move', () => {
    expect(merged([row(1)], [row(1, { net_r: 1.9 })], 'BTCUSDT', AT)[0].net_r).toBe(1.9)
    expect(merged([row(1, { net_r: 1.9 })], [row(1)], 'BTCUSDT', AT)[0].net_r).toBe(1.9)
  })

  it('know nothing, as of a moment, of what came after', () => {
    const ended = row(0, { stage: 'target', is_open: false, moved_at_ms: row(5).at_ms, net_r: 1.9 })
    const all = [row(4), ended]

    expect(knownAt(all, null)).toBe(all)
    expect(knownAt(all, row(3).at_ms)).toEqual([{ ...ended, stage: 'moved since', is_open: false, net_r: null }])
    expect(knownAt(all, row(5).at_ms)).toEqual(all)
    expect(knownAt(all, row(3).at_ms).map(fate)).toEqual([''])
  })
})

describe('the plan that is drawn', () => {
  const over = row(0, { stage: 'target', is_open: false })
  const notice = row(3, { kind: 'notice', side: 0, entry: null, stop: null, first_target: null, last_target: null })

  it('is that of the one that was chosen, else of the newest open trade', () => {
    expect(planned([notice, row(2), row(1), over], '')).toEqual(row(2))
    expect(planned([notice, row(2), row(1), over], over.id)).toEqual(over)
    expect(planned([notice, row(2)], notice.id)).toEqual(row(2))
    expect(planned([notice, over], '')).toBeNull()
  })

  it('has each price once', () => {
    expect(levels(row(0)).map((one) => [one.name, one.price])).toEqual([
      ['entry', 100],
      ['stop', 98],
      ['first target', 102],
      ['last target', 104],
    ])
    expect(levels(row(0, { last_target: 102 })).map((one) => one.name)).toEqual(['entry', 'stop', 'first target'])
    expect(levels(notice)).toEqual([])
    expect(levels(null)).toEqual([])
  })
})
