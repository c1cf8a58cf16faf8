import { describe, expect, it } from 'vitest'
import { askedOf, fits, isFiltered, wordsOf } from '@/screens/structure/asked'
import { scanned, trending } from './rows'

describe('what is asked', () => {
  it('takes out of an address only what it understands', () => {
    const asked = askedOf({ tf: 'a/b', phase: 'X', lean: 'sideways', event: 'FOO', within: '3' })

    expect(asked).toEqual({ tf: '1h', phase: '', lean: '', event: '', within: '' })
    expect(isFiltered(asked)).toBe(false)
    expect(isFiltered(askedOf({ tf: '4h' }))).toBe(false)
    expect(isFiltered(askedOf({ within: '5' }))).toBe(true)
  })

  it('says of each market whether it is meant', () => {
    const row = scanned('BTCUSDT')
    const meant = (query: Record<string, string>, of = row) => fits(of, askedOf(query))

    expect(meant({})).toBe(true)
    expect([meant({ phase: 'C' }), meant({ phase: 'D' }), meant({ phase: 'none' })]).toEqual([true, false, false])
    expect([meant({ lean: 'up' }), meant({ lean: 'down' }), meant({ lean: 'neither' })]).toEqual([true, false, false])
    expect([meant({ event: 'SPRING' }), meant({ event: 'UTAD' })]).toEqual([true, false])
    expect([meant({ within: '5' }), meant({ within: '1' })]).toEqual([true, false])
  })

  it('finds markets without a range and without events where they are meant', () => {
    const row = trending('ETHUSDT')

    expect(fits(row, askedOf({ phase: 'none', lean: 'neither' }))).toBe(true)
    expect(fits(row, askedOf({ within: '100' }))).toBe(false)
    expect(fits(row, askedOf({ event: 'SC' }))).toBe(false)
  })

  it('is told in words', () => {
    expect(wordsOf(askedOf({ phase: 'C', lean: 'down', event: 'UTAD', within: '1' }))).toBe(
      'phase C, leaning down, newest event UTAD, known within 1 bar',
    )
    expect(wordsOf(askedOf({ phase: 'none' }))).toBe('no range')
  })
})
