import { expect, test } from 'vitest'
import { placeOf, standing } from '@/screens/alerts/words'
import type { SinkRow } from '@/wire/rest'

function sink(given: Partial<SinkRow> = {}): SinkRow {
  return { name: 'phone', scheme: 'ntfy', pending: 0, dead: 0, sent: 0, failed: 0, failure: null, ...given }
}

test('the worst of a sink is what it is called', () => {
  expect(standing(sink()).word).toBe('nothing sent yet')
  expect(standing(sink({ sent: 4 })).word).toBe('well')
  expect(standing(sink({ sent: 4, pending: 1 })).word).toBe('sending')
  expect(standing(sink({ sent: 4, pending: 1, dead: 2 })).word).toBe('has dead letters')
  expect(standing(sink({ sent: 4, dead: 2, failure: 'it answered 503' })).word).toBe('failing')
})

test('a link leads nowhere but to a place of this dashboard', () => {
  expect(placeOf('http://127.0.0.1:8420/#/symbol/BTCUSDT')).toBe('#/symbol/BTCUSDT')
  expect(placeOf('https://elsewhere.example/#/alerts')).toBe('#/alerts')
  expect(placeOf('javascript:alert(1)')).toBe('#/alerts')
  expect(placeOf('https://elsewhere.example/#/settings')).toBe('#/alerts')
  expect(placeOf(null)).toBe('#/alerts')
})
