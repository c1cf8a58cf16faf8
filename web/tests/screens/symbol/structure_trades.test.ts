import { expect, it } from 'vitest'
import { askedOf, measuredOf, textOf, tradeOf } from '@/screens/symbol/structure_trades'
import type { Refusal, StructureEvent } from '@/wire/rest'
import { event } from './structure_readings'

const check = (validator: string, figure: string, measured: number | null, given: Partial<Refusal> = {}): Refusal => ({
  validator, figure, text: figure, measured, sense: '>=', threshold: 50, passed: true, ...given,
})
const QUALITY = check('level', 'quality', 43, { text: 'quality of the range', passed: false })
const PHASE = check('phase', 'phase', 4, { text: 'phase, of which 3 is C', threshold: 3 })
const REGIME = check('context', 'regime', 2, { text: 'regime, of which this is volatile', sense: '!=', threshold: 2, passed: false })
const RISK = check('risk', 'risk', null, { text: 'average true ranges to the stop', sense: '<=', threshold: 3, passed: false })
const MIRRORED: Partial<StructureEvent> = { name: 'UTAD', title: 'upthrust after distribution', direction: -1 }

const said = (one: StructureEvent, rule: string, checks: Refusal[], others: StructureEvent[] = []) =>
  tradeOf(one, [one, ...others], [{ rule, checks }], false).said

it('tells which checks refuse an event, and by how much, alike for both sides', () => {
  expect(said(event(3), 'spring_long', [PHASE, QUALITY])).toBe('refused by level: quality of the range 43 < 50.')
  expect(said(event(3, MIRRORED), 'utad_short', [PHASE, QUALITY])).toBe(
    'refused by level: quality of the range 43 < 50.',
  )
  expect(said(event(3), 'spring_long', [RISK, REGIME])).toBe(
    'refused by risk: average true ranges to the stop is not known; by context: regime is volatile.',
  )
})

it('says where nothing is refused', () => {
  const one = event(3)
  expect(tradeOf(one, [one], [{ rule: 'spring_long', checks: [PHASE] }], false)).toEqual({
    said: 'spring long refuses nothing of it: 1 of 1 checks are passed.', tone: 'good', checks: [PHASE],
  })
})

it('says why an event is not judged', () => {
  const climax = event(3, { name: 'SC', title: 'selling climax' })
  expect(said(climax, 'spring_long', [PHASE])).toMatch(/^no rule of signals reads a selling climax\./)
  expect(said(event(3), 'spring_long', [PHASE], [event(5)])).toBe(
    'a later spring stands in its place, and rules judge the newest.',
  )
  const back = event(5, { is_withdrawn: true })
  expect(said(event(3), 'spring_long', [PHASE], [back])).toMatch(/^spring long refuses nothing/)
  expect(said(event(3), 'utad_short', [PHASE])).toMatch(/^not judged\. Rules of signals read .* one timeframe/)
  expect(tradeOf(event(3), [], [{ rule: 'spring_long', checks: [PHASE] }], true).said).toBe(
    'what rules said of it at that moment is not kept.',
  )
})

it('has letters and words where a number stands for one', () => {
  expect([textOf(PHASE), measuredOf(PHASE), askedOf(PHASE)]).toEqual(['phase', 'D', 'at least C'])
  expect([measuredOf(REGIME), askedOf(REGIME)]).toEqual(['volatile', 'not volatile'])
  const higher = check('context', 'structure_higher', -1, { threshold: 0 })
  expect([measuredOf(higher), askedOf(higher)]).toEqual(['against it', 'not against it'])
  expect(measuredOf(check('risk', 'risk', 2.72027))).toBe('2.72')
})
