import {
  LineStyle,
  type AutoscaleInfo,
  type IChartApi,
  type IPriceLine,
  type IPrimitivePaneRenderer,
  type IPrimitivePaneView,
  type ISeriesPrimitive,
  type Logical,
  type SeriesAttachedParameter,
  type Time,
} from 'lightweight-charts'
import { colour, font } from '@/app/theme'
import type { Bars } from '@/charts/bars'
import type { CandleChart } from '@/charts/candle_chart'
import { isBelow, labels, type Level, type Place } from './signal_places'

type Target = Parameters<IPrimitivePaneRenderer['draw']>[0]

const STYLES: Record<Level['name'], LineStyle> = {
  entry: LineStyle.Solid,
  stop: LineStyle.LargeDashed,
  'first target': LineStyle.Dotted,
  'last target': LineStyle.Dashed,
}
/** From a candle to its mark, between a mark and its text, and what a text takes (px). */
const GAP_PX = 5
const TEXT_GAP_PX = 3
const TEXT_PX = 11
const [LEAST_PX, MOST_PX] = [6, 11]
/** What is kept free over and under the candles for two marks with their texts. */
const ROOM_PX = 2 * (MOST_PX + TEXT_PX)
const NONE: readonly IPrimitivePaneView[] = []

/**
 * An arrow to its side beside the candle; what speaks for neither side is a square above it.
 *
 * The library's own markers copy all candles and draw the whole chart anew with every price.
 */
class Marks implements ISeriesPrimitive<Time> {
  private places: readonly Place[] = []
  private bars: Bars | null = null
  private chosen = ''
  private chart: IChartApi | null = null
  private series: SeriesAttachedParameter<Time>['series'] | null = null
  private requestUpdate: (() => void) | null = null
  private readonly renderer: IPrimitivePaneRenderer = { draw: (target) => this.draw(target) }
  private readonly views: readonly IPrimitivePaneView[] = [{ zOrder: () => 'top', renderer: () => this.renderer }]

  attached({ chart, series, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.chart = chart as IChartApi
    this.series = series
    this.requestUpdate = requestUpdate
  }

  detached(): void {
    this.chart = this.series = this.requestUpdate = null
  }

  paneViews() {
    return this.places.length > 0 ? this.views : NONE
  }

  autoscaleInfo(): AutoscaleInfo | null {
    return this.places.length > 0 ? { priceRange: null, margins: { above: ROOM_PX, below: ROOM_PX } } : null
  }

  set(places: readonly Place[], bars: Bars, chosen: string): void {
    this.places = places
    this.bars = bars
    this.chosen = chosen
    this.requestUpdate?.()
  }

  private draw(target: Target): void {
    const { chart, series, bars } = this
    if (!chart || !series || !bars) return
    const scale = chart.timeScale()
    const barPx = scale.options().barSpacing
    const texts = labels(this.places, barPx)
    const tones = { long: colour('up'), short: colour('down'), neither: colour('muted') }
    target.useMediaCoordinateSpace(({ context, mediaSize: { width } }) => {
      context.font = font(TEXT_PX)
      context.textAlign = 'center'
      // Of the mark above a candle that was drawn last: another one at that candle stands on it.
      let [lastIndex, height] = [-1, 0]
      this.places.forEach((place, n) => {
        const { index, side } = place
        const below = isBelow(place)
        const x = scale.logicalToCoordinate(index as Logical)
        const y = series.priceToCoordinate(below ? bars.low[index] : bars.high[index])
        if (x === null || y === null || x < -MOST_PX || x > width + MOST_PX) return
        const isChosen = place.rows.some((row) => row.id === this.chosen)
        const size = Math.min(Math.max(barPx, LEAST_PX), MOST_PX) * (isChosen ? 1.4 : 1)
        const towards = below ? 1 : -1
        const near = y + towards * (GAP_PX + (!below && index === lastIndex ? height : 0))
        const far = near + towards * size
        context.fillStyle = side > 0 ? tones.long : side < 0 ? tones.short : tones.neither
        if (side === 0) context.fillRect(x - size / 2, far, size, size)
        else arrow(context, x, near, far)
        if (texts[n]) context.fillText(texts[n], x, far + towards * TEXT_GAP_PX + (below ? TEXT_PX - 2 : 0))
        if (!below) [lastIndex, height] = [index, size + GAP_PX + (texts[n] ? TEXT_PX + TEXT_GAP_PX : 0)]
      })
    })
  }
}

/** With its head at *near*. */
function arrow(context: CanvasRenderingContext2D, x: number, near: number, far: number): void {
  const half = Math.abs(far - near) / 2
  const neck = (near + far) / 2
  context.beginPath()
  context.moveTo(x, near)
  context.lineTo(x - half, neck)
  context.lineTo(x - half / 2.5, neck)
  context.lineTo(x - half / 2.5, far)
  context.lineTo(x + half / 2.5, far)
  context.lineTo(x + half / 2.5, neck)
  context.lineTo(x + half, neck)
  context.fill()
}

/** Signals on the candles, and the plan of one of them; they go with the chart. */
export class SignalMarks {
  private readonly marks = new Marks()
  private lines: IPriceLine[] = []
  /** What was drawn last: the same once more is not drawn again. */
  private drawn = ''

  constructor(private readonly host: CandleChart) {
    host.candles.attachPrimitive(this.marks)
  }

  /** Draws *places* of *bars* and *levels* instead of those before; *chosen* is whose levels they are. */
  draw(places: readonly Place[], bars: Bars, levels: readonly Level[], chosen: string): void {
    if (this.host.isRemoved) return
    this.marks.set(places, bars, chosen)
    const tones: Record<Level['name'], string> = {
      entry: colour('text'),
      stop: colour('bad'),
      'first target': colour('good'),
      'last target': colour('good'),
    }
    const shape = JSON.stringify([levels, tones])
    if (shape === this.drawn) return
    this.drawn = shape
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
}
