import { watch, type Ref } from 'vue'
import { replaceQuery } from '@/app/router'
import { paletteVersion } from '@/app/theme'
import type { Bars } from '@/charts/bars'
import type { CandleChart } from '@/charts/candle_chart'
import type { Owned } from '@/owned/owned'
import type { Overlays } from './overlays'
import type { ScoreTrail } from './score_trail'
import type { Level, Place } from './signal_places'
import type { SignalMarks } from './signal_marks'
import type { StructureMarks } from './structure_marks'
import { NOTHING, type Drawn } from './structure_places'

/** What lies over the candles, as it is now. */
export interface Laid {
  view: Bars
  trail: ScoreTrail
  lengthMs: number
  decimals: number
  what: { volume: boolean; vwap: boolean }
}

/** Signals on their candles, and the plan of one of them. */
export interface LaidSignals {
  places: readonly Place[]
  levels: readonly Level[]
  chosen: string
}

/** Structure on its candles, and beside which of them signals stand. */
export interface LaidStructure {
  drawn: Drawn
  busy: ReadonlySet<string>
  chosen: string
}

/**
 * VWAP and score, signals and structure over the candles. Each is loaded and attached in a turn of its own, so that the
 * browser answers in between; signals and structure not before there is one to be drawn.
 */
export function useLayers(
  owned: Owned,
  laid: () => Laid,
  signals: Readonly<Ref<LaidSignals>>,
  structure: Readonly<Ref<LaidStructure>>,
) {
  let made: CandleChart | null = null
  let overlays: Overlays | null = null
  let signalMarks: SignalMarks | null = null
  let structureMarks: StructureMarks | null = null
  const isGone = () => owned.isEnded || !made || made.isRemoved

  async function over(chart: CandleChart): Promise<void> {
    made = chart
    const { Overlays } = await import('./overlays')
    await owned.turn()
    if (isGone()) return
    overlays = new Overlays(chart)
    overlays.show(laid().what)
    update()
    await drawStructure()
    await drawSignals()
  }

  /** Draws what has changed; the candles show it already. */
  function update(): void {
    const { view, trail, lengthMs } = laid()
    overlays?.update(view, trail, lengthMs)
  }

  function paint(): void {
    overlays?.paint()
    update()
  }

  function show(): void {
    overlays?.show(laid().what)
  }

  async function drawSignals(): Promise<void> {
    if (!made || (!signalMarks && signals.value.places.length === 0)) return
    if (!signalMarks) {
      const { SignalMarks } = await import('./signal_marks')
      await owned.turn()
      if (isGone()) return
      signalMarks ??= new SignalMarks(made)
    }
    const { places, levels, chosen } = signals.value
    signalMarks.draw(places, laid().view, levels, chosen)
  }

  async function drawStructure(): Promise<void> {
    if (!made || (!structureMarks && structure.value.drawn === NOTHING)) return
    if (!structureMarks) {
      const { StructureMarks } = await import('./structure_marks')
      await owned.turn()
      if (isGone()) return
      structureMarks ??= new StructureMarks(made, (id) => replaceQuery({ event: id }))
    }
    const { drawn, busy, chosen } = structure.value
    const { view, decimals } = laid()
    structureMarks.draw(drawn, view, busy, chosen, decimals)
  }

  watch([signals, paletteVersion], () => void drawSignals(), { flush: 'post' })
  watch([structure, paletteVersion, () => laid().decimals], () => void drawStructure(), { flush: 'post' })
  return { over, update, paint, show }
}
