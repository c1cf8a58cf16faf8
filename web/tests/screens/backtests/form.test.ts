import { describe, expect, it } from 'vitest'
import {
  blank,
  boundsOf,
  draftOf,
  faultOf,
  faultsOf,
  fieldOf,
  requestOf,
  sentenceOf,
  settled,
  type Draft,
} from '@/screens/backtests/form'
import { CHOICES, DAY, FAST, JANUARY, parameter, TOLD } from './rows'

const whole = (given: Partial<Draft> = {}): Draft => settled({ ...blank(), timeframe: '1h', ...given }, CHOICES)

describe('the form of a run', () => {
  it('chooses what can be chosen only in one way', () => {
    expect(settled(blank(), CHOICES)).toMatchObject({ strategy: 'mean_cross.py', data: 'majors', timeframe: '' })
    expect(settled({ ...blank(), data: 'gone', strategy: 'gone.py' }, CHOICES)).toMatchObject({ data: 'majors' })
  })

  it('asks for what differs from the defaults, and for no more', () => {
    expect(requestOf(whole(), CHOICES)).toEqual({
      strategy: 'mean_cross.py', parameters: {}, models: {}, data: 'majors', markets: [], timeframe: '1h',
      begin_ms: null, end_ms: null, cash: 10_000, name: null, shuffles: null,
    })
    const draft = whole({
      parameters: { fast: ' 10 ', slow: '100.0' }, areAll: false, markets: ['ETHUSDT'], from: '2024-01-02',
      to: '2024-01-31', cash: '500', name: ' try ', shuffles: '0', models: { 'fees.venue.tier': '3', 'fees.venue.taker': '' },
    })
    expect(requestOf(draft, CHOICES)).toMatchObject({
      parameters: { fast: '10' }, models: { 'fees.venue.tier': '3' }, markets: ['ETHUSDT'], cash: 500, name: 'try', shuffles: 0,
      begin_ms: JANUARY + DAY, end_ms: JANUARY + 31 * DAY,
    })
  })

  it('leaves out what belongs to a model that is not used', () => {
    const draft = whole({ uses: { fees: 'none' }, models: { 'fees.venue.tier': '3' } })
    expect(requestOf(draft, CHOICES).models).toEqual({ 'fees.use': 'none' })
  })

  it('says at each field what is wrong with it', () => {
    expect(faultsOf(whole(), CHOICES)).toEqual({})
    const draft = whole({
      parameters: { fast: '1' }, areAll: false, from: '2024-03-01', to: '2024-02-01', cash: '-1', shuffles: 'many',
      models: { 'fees.venue.tier': 'high' },
    })
    expect(faultsOf(draft, CHOICES)).toEqual({
      'param.fast': 'a whole number from 2 to 500 is needed',
      'fees.venue.tier': 'a whole number from 0 to 9 is needed',
      markets: 'Choose at least one market, or all',
      to: 'It ends before it begins',
      cash: 'An amount above 0 is needed',
      shuffles: 'a whole number from 0 to 1000 is needed',
    })
    expect(faultsOf(whole({ from: '2025-01-01' }), CHOICES).from).toBe('The candles go from 2024-01-01 to 2024-06-30')
    expect(faultsOf(whole({ to: '2024-02-30x' }), CHOICES).to).toBe('A day like 2024-01-31 is needed')
    expect(faultsOf(whole({ strategy: 'broken.py' }), CHOICES).strategy).toBe('broken.py, line 3: invalid syntax')
    expect(faultsOf(whole({ timeframe: '4h' }), CHOICES).timeframe).toBe('Choose how long the candles are')
  })

  it('finds the field of which the server speaks', () => {
    expect(fieldOf("parameters of MeanCross: Expected `int` >= 2 - at `$.fast`; given: {'fast': '1'}")).toBe('param.fast')
    expect(fieldOf('there are no candles of XUSDT')).toBe('')
  })

  it('is filled in as another run was', () => {
    const draft = draftOf(TOLD, CHOICES)
    expect(draft).toMatchObject({
      strategy: 'mean_cross.py', timeframe: '1h', areAll: true, from: '2024-01-02', to: '', cash: '5000',
    })
    expect(draft.models).toEqual({ 'fees.venue.tier': '3', 'fees.venue.rebates': 'true' })
    const { parameters, models } = requestOf(draft, CHOICES)
    expect([parameters, models]).toEqual([{ fast: '10' }, { 'fees.venue.tier': '3' }])
  })

  it('says in a sentence what will be run', () => {
    expect(sentenceOf(whole(), CHOICES)).toBe(
      'mean_cross.py over 2 markets, candles of 1h, 2024-01-01 to 2024-06-30, costs as by default.',
    )
    const some = whole({ areAll: false, markets: ['ETHUSDT'], from: '2024-02-01', uses: { fees: 'none' } })
    expect(sentenceOf(some, CHOICES)).toBe(
      'mean_cross.py over ETHUSDT, candles of 1h, 2024-02-01 to 2024-06-30, 1 of the costs and rules set.',
    )
    expect(sentenceOf(blank(), CHOICES)).toBe('')
  })
})

describe('a parameter', () => {
  it.each([
    [FAST, 'a whole number from 2 to 500'],
    [parameter('x', 'number', { minimum: 0 }), 'a number, at least 0'],
    [parameter('x', 'number', { maximum: 1 }), 'a number, at most 1'],
    [parameter('x', 'integer'), 'a whole number'],
    [parameter('x', 'choice', { choices: ['a', 'b'] }), 'one of a, b'],
    [parameter('x', 'text'), ''],
  ])('%o may be %s', (one, words) => {
    expect(boundsOf(one)).toBe(words)
  })

  it('is right within its bounds, and where nothing is written', () => {
    expect(['2', '500', '', 'None', ' 7 '].map((text) => faultOf(FAST, text))).toEqual(['', '', '', '', ''])
    for (const text of ['1', '501', '2.5', 'x', 'NaN', '1e999']) expect(faultOf(FAST, text), text).not.toBe('')
    expect(faultOf(parameter('x', 'choice', { choices: ['a'] }), 'b')).toBe('one of a is needed')
    expect(faultOf(parameter('x', 'text'), 'whatever')).toBe('')
  })
})
