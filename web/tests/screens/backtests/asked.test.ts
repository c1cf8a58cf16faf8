import { expect, test } from 'vitest'
import { idOf, viewOf } from '@/screens/backtests/asked'

test('the address says what is looked at', () => {
  expect(viewOf({})).toEqual({ kind: 'list' })
  expect(viewOf({ run: 'Mean-Cross-1f3a5c' })).toEqual({ kind: 'run', id: 'Mean-Cross-1f3a5c' })
  expect(viewOf({ first: 'a', second: 'b', run: 'c' })).toEqual({ kind: 'compare', first: 'a', second: 'b' })
  expect(viewOf({ new: '1' })).toEqual({ kind: 'new', like: '' })
  expect(viewOf({ new: 'Mean-Cross-1f3a5c' })).toEqual({ kind: 'new', like: 'Mean-Cross-1f3a5c' })
})

test('what cannot be a run is the list', () => {
  expect(viewOf({ run: '../x' })).toEqual({ kind: 'list' })
  expect(viewOf({ first: 'a', second: 'a' })).toEqual({ kind: 'list' })
  expect(viewOf({ first: 'a' })).toEqual({ kind: 'list' })
  expect([undefined, '', 'a b', 'x'.repeat(81)].map(idOf)).toEqual(['', '', '', ''])
})
