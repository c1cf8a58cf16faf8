import { expect, test } from 'vitest'
import { justBegun, workingOf } from '@/screens/backtests/at_work'
import { underWay } from './rows'

test('what has just been begun waits, until it is told of', () => {
  const other = underWay('other')
  expect(workingOf([other], 'mine')).toEqual([other, justBegun('mine')])
  const mine = underWay('mine', { done: 4 })
  expect(workingOf([other, mine], 'mine')).toEqual([other, mine])
  expect(workingOf([other, underWay('mine', { state: 'failed' })], 'mine')).toEqual([other])
})

test('what has ended is not at work', () => {
  expect(workingOf([underWay('a', { state: 'done' }), underWay('b', { state: 'waiting' })], '').map(({ id }) => id)).toEqual(['b'])
})
