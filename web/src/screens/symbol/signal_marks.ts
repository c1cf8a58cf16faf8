import {
  createSeriesMarkers,
  LineStyle,
  type IPriceLine,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts'
import { colour } from '@/app/theme'
import type { Bars } from '@/charts/bars'
import type { CandleChart } from '@/charts/candle_chart'
import { isBelow, labels, type Level, type Place } from './signal_places'

const STYLES: Record<Level['name'], LineStyle> = {
  entry: LineStyle.Solid,
  stop: LineStyle.LargeDashed,
  'first target': LineStyle.Dotted,
  'last target': LineStyle.Dashed,
}

/** Signals on the candles, and the plan of one of them; they go with the chart. */
export class SignalMarks {
  private readonly markers: ISeriesMarkersPluginApi<Time>
  private lines: IPriceLine[] = []
  /** What was drawn last: the same once more is not drawn again. */
  private drawn = ''

  private drawAgain: () => void = () => undefined

  constructor(private readonly host: CandleChart) {
    this.markers = createSeriesMarkers(host.candles, [])
    // How much can be written depends on how wide a candle is.
    host.chart.timeScale().subscribeVisibleLogicalRangeChange(() => this.drawAgain())
  }

  /** Draws *places* of *bars* and *levels* instead of those before; *chosen* is whose levels they are. */
  draw(places: readonly Place[], bars: Bars, levels: readonly Level[], chosen: string): void {
    if (this.host.isRemoved) return
    this.drawAgain = () => {
      if (this.barPx() !== barPx) this.draw(places, bars, levels, chosen)
    }
    const barPx = this.barPx()
    const texts = labels(places, barPx)
    const made = places.map((place, n) => marker(place, texts[n], bars, chosen))
    const tones: Record<Level['name'], string> = {
      entry: colour('text'),
      stop: colour('bad'),
      'first target': colour('good'),
      'last target': colour('good'),
    }
    const shape = JSON.stringify([made, levels, tones])
    if (shape === this.drawn) return
    this.drawn = shape
    this.markers.setMarkers(made)
    for (const line of this.lines) this.host.candles.removePriceLine(line)
    this.lines = levels.map(({ name, price }) =>
      this.host.candles.createPriceLine({
        price,
        title: name,
        color: tones[name],
        lineStyle: STYLES[name],
        lineWidth: 1,
        axisLabelVisible: true,
        axisLabelColor: tones[name],
        axisLabelTextColor: colour('panel'),
      }),
    )
  }

  private barPx(): number {
    return this.host.isRemoved ? NaN : this.host.chart.timeScale().options().barSpacing
  }
}

/** An arrow to its side beside the candle; what speaks for neither side is a square above it. */
function marker(place: Place, text: string, bars: Bars, chosen: string): SeriesMarker<Time> {
  const { index, side } = place
  return {
    time: (bars.time[index] / 1000) as UTCTimestamp,
    position: isBelow(place) ? 'belowBar' : 'aboveBar',
    shape: side > 0 ? 'arrowUp' : side < 0 ? 'arrowDown' : 'square',
    color: colour(side > 0 ? 'up' : side < 0 ? 'down' : 'muted'),
    size: place.rows.some((row) => row.id === chosen) ? 1.5 : 1,
    text,
  }
}
