import { describe, expect, it } from 'vitest'
import { asks, emptiness, ending, measured, newestFirst, part, verdict } from '@/screens/symbol/structure_words'
import { event, HOUR, OPEN, reading } from './structure_readings'

describe('a rule in words', () => {
  const [penetration, volume] = event(0).rules

  it('has what was measured and what was asked in the same unit', () => {
    expect([measured(penetration.measured, penetration.unit), asks(penetration)]).toEqual(['1.2 %', 'at most 5 %'])
    expect([measured(volume.measured, volume.unit), asks({ ...volume, sense: '>=' })]).toEqual(['1.4', 'at least 0.7'])
    expect(measured(3.14159, 'bars')).toBe('3.142 bars')
    expect(measured(null, '')).toBe('–')
  })

  it('says whether a rule that was not passed was required', () => {
    expect(verdict(penetration).word).toBe('passed')
    expect(verdict({ ...penetration, passed: false })).toEqual({ glyph: '✕', word: 'not passed', tone: 'bad' })
    expect(verdict(volume)).toEqual({ glyph: '–', word: 'not passed', tone: 'muted' })
  })
})

it('events stand by when they were known, the newest first', () => {
  const late = event(1, { id: 'late', confirmed_ms: OPEN + 9 * HOUR })

  expect(newestFirst([event(3), late, event(5)]).map((one) => one.id)).toEqual(['late', 'spring-5', 'spring-3'])
})

it('a part of the quality has its figure with its unit', () => {
  expect(part({ name: 'containment', points: 20, most: 25, measured: 0.93333, unit: 'of closes inside' })).toBe(
    'containment: 0.933 of closes inside',
  )
})

describe('where there is no range', () => {
  it('tells how far it is while it warms up', () => {
    const told = reading({ range: null, bars: 64, past: [], phase: '' })

    expect(emptiness(told, '1h')).toEqual(['Warming up: 64 of 100 bars of 1h were read.'])
  })

  it('tells what was read, what is waited for and how the last range ended', () => {
    const older = { ...reading().past[0], ended_ms: OPEN - 8 * HOUR, end: 'failed', reason: 'the break failed' }
    const told = reading({ range: null, phase: '', past: [older, ...reading().past], waiting: 'a SC at 97 3 bars ago' })

    expect(emptiness(told, '1h')).toEqual([
      'No trading range on 1h: the market trends, or its turns do not hold.',
      'Read: 400 bars, the newest opened 2023-11-15 20:00.',
      'Waiting, nothing is confirmed: a SC at 97 3 bars ago.',
      'The last range, 112 to 120, ended 2023-11-14 22:00: ▼ the price left below the ice and stayed away.',
    ])
    expect(ending(older)).toBe('the break failed')
  })
})
