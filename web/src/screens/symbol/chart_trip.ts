import { computed, watch, type Ref } from 'vue'
import { paletteVersion } from '@/app/theme'
import type { Bars } from '@/charts/bars'
import type { CandleChart } from '@/charts/candle_chart'
import type { Owned } from '@/owned/owned'
import { barAt } from './signal_places'
import type { TripMark } from './trip_mark'

/** A round trip of a backtest, as an address says it; *run* is its id. Times in ms. */
export interface Trip {
  run: string
  side: 1 | -1
  entryMs: number
  entryPrice: number
  exitMs: number
  exitPrice: number
}

/** Where a trip stands on the candles: the bars of its entry and exit, -1 where none is held. */
export interface TripPlace {
  trip: Trip
  entry: number
  exit: number
}

/** mean_cross-1f3a,1,1700000000000,100.5,1700003600000,101.25 */
export function tripText({ run, side, entryMs, entryPrice, exitMs, exitPrice }: Trip): string {
  return [run, side, entryMs, entryPrice, exitMs, exitPrice].join()
}

export function tripOf(text: string | undefined): Trip | null {
  const [run = '', ...figures] = (text ?? '').split(',')
  const [side, entryMs, entryPrice, exitMs, exitPrice] = figures.map(Number)
  const isKnown = figures.length === 5 && figures.every((one) => one !== '' && Number.isFinite(Number(one)))
  if (!isKnown || !run || (side !== 1 && side !== -1) || exitMs < entryMs) return null
  return { run, side, entryMs, entryPrice, exitMs, exitPrice }
}

/** Where *trip* stands on *bars*. */
export function tripPlace(trip: Trip, bars: Bars, lengthMs: number): TripPlace {
  return { trip, entry: barAt(bars, trip.entryMs, lengthMs), exit: barAt(bars, trip.exitMs, lengthMs) }
}

/** Marks the trip that is looked at, if there is one, on the candles; what draws it is loaded with the first. */
export function useTripMark(
  owned: Owned,
  trip: Readonly<Ref<Trip | null>>,
  shown: () => { bars: Bars; lengthMs: number },
) {
  let made: CandleChart | null = null
  let mark: TripMark | null = null
  const place = computed(() => {
    const { bars, lengthMs } = shown()
    return trip.value ? tripPlace(trip.value, bars, lengthMs) : null
  })

  async function draw(): Promise<void> {
    if (!made || (!mark && !place.value)) return
    if (!mark) {
      const { TripMark } = await import('./trip_mark')
      await owned.turn()
      if (owned.isEnded || made.isRemoved) return
      mark ??= new TripMark(made)
    }
    mark.draw(place.value)
  }

  watch([place, paletteVersion], () => void draw(), { flush: 'post' })
  return {
    place,
    over: (chart: CandleChart) => {
      made = chart
      return draw()
    },
  }
}
