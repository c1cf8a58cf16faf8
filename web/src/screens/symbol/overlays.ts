import {
  LineSeries,
  LineStyle,
  LineType,
  type IChartApi,
  type IPrimitivePaneRenderer,
  type IPrimitivePaneView,
  type ISeriesApi,
  type ISeriesPrimitive,
  type LineData,
  type Logical,
  type SeriesAttachedParameter,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts'
import { colour, font } from '@/app/theme'
import type { Bars } from '@/charts/bars'
import { MOST_BARS } from '@/charts/bars'
import type { CandleChart } from '@/charts/candle_chart'
import { clock } from '@/format/ages'
import { dayVwap, holesOf, scoreOfBars, type Hole } from './bars_until'
import type { ScoreTrail } from './score_trail'
import { ENTER } from './sides'

type Target = Parameters<IPrimitivePaneRenderer['draw']>[0]

/** Clear in every theme; a line that is drawn in it is a hole. */
const CLEAR = 'rgba(0, 0, 0, 0)'

/** Marks where candles are missing: hatched, with the time that was not seen. */
class HoleMarks implements ISeriesPrimitive<Time> {
  holes: readonly Hole[] = []
  private chart: IChartApi | null = null
  private requestUpdate: (() => void) | null = null
  private readonly hatch: IPrimitivePaneRenderer = { draw: (target) => this.drawHatch(target) }
  private readonly labels: IPrimitivePaneRenderer = { draw: (target) => this.drawLabels(target) }
  private readonly views: readonly IPrimitivePaneView[] = [
    { zOrder: () => 'bottom', renderer: () => this.hatch },
    { zOrder: () => 'top', renderer: () => this.labels },
  ]

  attached({ chart, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.chart = chart as IChartApi
    this.requestUpdate = requestUpdate
  }

  detached(): void {
    this.requestUpdate?.()
    this.chart = this.requestUpdate = null
  }

  paneViews() {
    return this.views
  }

  set(holes: readonly Hole[]): void {
    this.holes = holes
    this.requestUpdate?.()
  }

  private drawHatch(target: Target): void {
    target.useMediaCoordinateSpace(({ context, mediaSize: { width, height } }) => {
      context.strokeStyle = colour('edge')
      context.globalAlpha = 0.55
      for (const { from, to } of this.inView(width)) {
        context.save()
        context.beginPath()
        context.rect(from, 0, to - from, height)
        context.clip()
        context.beginPath()
        for (let x = from - height; x < to; x += 6) {
          context.moveTo(x, height)
          context.lineTo(x + height, 0)
        }
        context.stroke()
        context.restore()
      }
    })
  }

  /** Beside each other; one for which there is no room is left out. */
  private drawLabels(target: Target): void {
    target.useMediaCoordinateSpace(({ context, mediaSize: { width } }) => {
      const [panel, text] = [colour('panel'), colour('muted')]
      context.font = font(10.5)
      let free = -Infinity
      for (const { hole, from, to } of this.inView(width)) {
        const label = `no data ${clock(hole.fromMs, false)}\u2013${clock(hole.toMs, false)}`
        const wide = context.measureText(label).width
        const at = Math.min((from + to) / 2 - wide / 2, width - wide - 4)
        if (at < free) continue
        free = at + wide + 8
        context.fillStyle = panel
        context.fillRect(at - 3, 3, wide + 6, 15)
        context.fillStyle = text
        context.fillText(label, at, 14)
      }
    })
  }

  private inView(width: number): { hole: Hole; from: number; to: number }[] {
    const scale = this.chart?.timeScale()
    if (!scale) return []
    return this.holes.flatMap((hole) => {
      const from = scale.logicalToCoordinate(hole.after as Logical)
      const to = scale.logicalToCoordinate((hole.after + 1) as Logical)
      return from === null || to === null || to < 0 || from > width ? [] : [{ hole, from, to }]
    })
  }
}

/** What lies over and under the candles: the VWAP of the day, the score in a pane of its own, marks of holes. */
export class Overlays {
  private readonly vwap: ISeriesApi<'Line'>
  private readonly score: ISeriesApi<'Line'>
  private readonly thresholds
  private readonly marks = new HoleMarks()
  private readonly vwaps = new Float64Array(MOST_BARS)
  private readonly scores = new Float64Array(MOST_BARS)
  /** Of what was drawn last: with the same shape, only the last bar can have changed. */
  private drawn = ''

  constructor(private readonly host: CandleChart) {
    const { chart } = host
    this.vwap = chart.addSeries(LineSeries, {
      lineWidth: 1,
      lineStyle: LineStyle.Dashed,
      lastValueVisible: false,
      priceLineVisible: false,
      crosshairMarkerVisible: false,
    })
    this.score = chart.addSeries(
      LineSeries,
      {
        lineWidth: 2,
        lineType: LineType.WithSteps,
        priceLineVisible: false,
        priceFormat: { type: 'price', precision: 1, minMove: 0.1 },
        autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 100 } }),
      },
      1,
    )
    this.score.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.08 } })
    this.thresholds = [ENTER, 50, 100 - ENTER].map((price) =>
      this.score.createPriceLine({ price, lineWidth: 1, lineStyle: LineStyle.Dotted, axisLabelVisible: false, title: '' }),
    )
    const [main, below] = chart.panes()
    main.setStretchFactor(4)
    below.setStretchFactor(1)
    host.candles.attachPrimitive(this.marks)
    this.paint()
  }

  paint(): void {
    if (this.host.isRemoved) return
    this.host.candles.applyOptions({ priceLineColor: colour('edge') })
    this.vwap.applyOptions({ color: colour('muted') })
    this.score.applyOptions({ color: colour('text') })
    const tones = [colour('up'), colour('edge'), colour('down')]
    this.thresholds.forEach((line, n) => line.applyOptions({ color: tones[n] }))
    this.drawn = ''
  }

  show(what: { volume: boolean; vwap: boolean }): void {
    if (this.host.isRemoved) return
    this.host.volumes.applyOptions({ visible: what.volume })
    this.host.chart.priceScale('right').applyOptions({ scaleMargins: { top: 0.06, bottom: what.volume ? 0.24 : 0.06 } })
    this.vwap.applyOptions({ visible: what.vwap })
  }

  /** Draws what has changed; *bars* are those that the candles show already. */
  update(bars: Bars, trail: ScoreTrail, lengthMs: number): void {
    if (this.host.isRemoved) return
    dayVwap(bars, this.vwaps)
    const shape = `${bars.symbol} ${bars.timeframe} ${bars.size} ${bars.time[0]} ${trail.fills} ${trail.size}`
    if (shape === this.drawn) {
      const last = bars.size - 1
      if (last < 0) return
      scoreOfBars(bars, trail, lengthMs, this.scores, last)
      this.vwap.update(point(bars, this.vwaps, last))
      this.score.update(point(bars, this.scores, last))
    } else {
      scoreOfBars(bars, trail, lengthMs, this.scores)
      this.vwap.setData(points(bars, this.vwaps))
      this.score.setData(points(bars, this.scores))
      this.marks.set(holesOf(bars, lengthMs))
    }
    this.drawn = shape
  }
}

/** A hole is drawn as a clear piece of the line: a piece has the colour of the point at which it begins. */
function point(bars: Bars, values: Float64Array, n: number): LineData {
  const time = (bars.time[n] / 1000) as UTCTimestamp
  const value = values[n]
  if (Number.isNaN(value)) return { time } as LineData
  const isBeforeHole = n + 1 < bars.size && Number.isNaN(values[n + 1])
  return isBeforeHole ? { time, value, color: CLEAR } : { time, value }
}

function points(bars: Bars, values: Float64Array): LineData[] {
  const found: LineData[] = []
  for (let n = 0; n < bars.size; n += 1) found.push(point(bars, values, n))
  return found
}
