import { expect, test } from 'vitest'
import { agrees, EVENTS, LEANS, share, template } from '@/screens/structure/words'

test('a template is called as people call it', () => {
  expect(['ACCUMULATION_1', 'RE_DISTRIBUTION'].map(template)).toEqual(['Accumulation 1', 'Re-distribution'])
})

test('a direction has a glyph and a word of its own, and so has agreement', () => {
  const leans = Object.values(LEANS)
  expect(new Set(leans.map((one) => one.glyph)).size).toBe(leans.length)
  expect(new Set(leans.map((one) => one.word)).size).toBe(leans.length)
  expect(new Set([true, false, null].map((one) => agrees(one).text)).size).toBe(3)
})

test('every event has a name in words', () => {
  expect(Object.values(EVENTS).every((one) => one.length > 4)).toBe(true)
})

test('a share that is not known is none', () => {
  expect([share(0.724), share(null), share(undefined), share(NaN)]).toEqual(['72 %', '–', '–', '–'])
})
