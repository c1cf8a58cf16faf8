import { describe, expect, it } from 'vitest'
import { meanMark, place, points, reach } from '@/screens/signals/scale'
import { figure, horizon, inR, reason } from '@/screens/signals/words'
import { bin, card } from './rows'

describe('the scale of the scorecards', () => {
  it('reaches as far as the farthest interval, and at least one R', () => {
    expect(reach([])).toBe(1)
    expect(reach([card(), card({ mean_r_interval: [-2.5, 0.1] })])).toBe(2.5)
  })

  it('has nothing in its middle and ends at its edges', () => {
    expect([place(0, 2), place(2, 2), place(-5, 2)]).toEqual([50, 100, 0])
    expect(meanMark(card({ mean_r: 0.5, mean_r_interval: [0, 1] }), 1)).toEqual({ low: 50, high: 100, at: 75 })
    expect(meanMark(card({ mean_r: null, mean_r_interval: null }), 1)).toBeNull()
  })

  it('draws no bin of which too little is known', () => {
    const some = [bin(65), bin(70, { is_enough: false }), bin(75, { win_rate: 0.7 })]

    expect(points(some).map((one) => [one.x, one.at, one.low])).toEqual([[0.67, 0.5, 0.35], [0.77, 0.7, 0.35]])
  })
})

describe('words', () => {
  it('are short and say what is not known', () => {
    expect([inR(1.923), inR(-0.5), inR(null)]).toEqual(['+1.92 R', '\u22120.50 R', '–'])
    expect([figure(0.000012345678), figure(-2), figure(123456.789)]).toEqual(['0.0000123457', '\u22122', '123457'])
    expect([horizon(300), horizon(86_400)]).toEqual(['5m', '24h'])
    expect([reason('stop'), reason('unheard_of')]).toEqual(['its stop was touched', 'unheard_of'])
  })
})
