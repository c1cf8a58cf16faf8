import { describe, expect, it } from 'vitest'
import { askedOf, fits, isFiltered, pageQuery, sinceMs } from '@/screens/signals/asked'
import { AT, row } from './rows'

describe('what is asked', () => {
  it('takes out of an address only what it understands', () => {
    const asked = askedOf({ rule: 'a b', symbol: 'BTC/USDT', side: 'up', state: 'shut', since: '5y' })

    expect(asked).toEqual({ rule: '', symbol: '', side: '', state: '', since: '' })
    expect(isFiltered(asked)).toBe(false)
    expect(isFiltered(askedOf({ side: 'long' }))).toBe(true)
  })

  it('says of each signal whether it is meant', () => {
    const now = AT + 90 * 60_000
    expect(fits(row(0), askedOf({}), now)).toBe(true)
    expect(fits(row(0), askedOf({ rule: 'whale_flow' }), now)).toBe(false)
    expect(fits(row(0), askedOf({ symbol: 'BTCUSDT', side: 'long' }), now)).toBe(true)
    expect(fits(row(0), askedOf({ side: 'short' }), now)).toBe(false)
    expect(fits(row(0), askedOf({ since: '1h' }), now)).toBe(false)
  })

  it('asks the server for the same', () => {
    const asked = askedOf({ rule: 'confluence', state: 'open', since: '1h' })

    expect(sinceMs(asked, AT + 30_000)).toBe(Math.floor((AT + 30_000 - 3_600_000) / 60_000) * 60_000)
    expect(pageQuery(asked, 5, 'cursor')).toMatchObject({
      rule: 'confluence', only_open: true, since_ms: 5, before: 'cursor', limit: 50,
    })
    expect(pageQuery(askedOf({}), null, '')).toMatchObject({ only_open: null, since_ms: null })
  })
})
