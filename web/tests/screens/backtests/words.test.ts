import { expect, test } from 'vitest'
import {
  inR,
  isAtWork,
  isResumable,
  marketsOf,
  money,
  part,
  share,
  shareMark,
  spanOf,
  stateWords,
  tokenWords,
} from '@/screens/backtests/words'

test('every state has a word and a shape of its own', () => {
  const states = ['waiting', 'running', 'done', 'failed', 'interrupted', 'cancelled']
  expect(new Set(states.map((one) => stateWords(one).glyph)).size).toBe(states.length)
  expect(stateWords('done')).toEqual({ glyph: '●', word: 'done', tone: 'good' })
  expect(stateWords('unheard of').word).toBe('unheard of')
  expect(states.filter(isAtWork)).toEqual(['waiting', 'running'])
  expect(states.filter(isResumable)).toEqual(['interrupted', 'cancelled'])
})

test('figures are written with what they are, and none as a dash', () => {
  expect([share(0.1234), share(-0.5), share(36.58321), share(null)]).toEqual(['+12.34 %', '−50.00 %', '+3658 %', '–'])
  expect([shareMark(0.344), shareMark(6.2), shareMark(-0.01)]).toEqual(['+34.4 %', '+620 %', '−1.0 %'])
  expect([part(0.542), part(undefined)]).toEqual(['54.2 %', '–'])
  expect([money(10_233.4), money(-3.456), money(12.5, true), money(null)]).toEqual(['10\u2009233', '−3.46', '+12.50', '–'])
  expect([inR(0.305), inR(null)]).toEqual(['+0.30 R', '–'])
})

test('markets and spans are short', () => {
  expect([marketsOf([]), marketsOf(['BTCUSDT']), marketsOf(['A', 'B'])]).toEqual(['–', 'BTCUSDT', '2 markets'])
  expect(spanOf(Date.UTC(2024, 0, 1), null)).toBe('2024-01-01 to –')
})

test('a refusal for want of a token says how to get one', () => {
  expect(tokenWords(403)).toContain('tidemark token create NAME --scope write')
  expect([tokenWords(422), tokenWords(undefined)]).toEqual(['', ''])
})
