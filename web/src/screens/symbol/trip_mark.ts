import type {
  IChartApi,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  Logical,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts'
import { colour, font } from '@/app/theme'
import type { CandleChart } from '@/charts/candle_chart'
import type { TripPlace } from './chart_trip'

type Target = Parameters<IPrimitivePaneRenderer['draw']>[0]

const TEXT_PX = 11
const SIZE_PX = 7
const NONE: readonly IPrimitivePaneView[] = []

/** A line from the entry to the exit: at the one a triangle to its side, at the other a cross, each with its word. */
class Mark implements ISeriesPrimitive<Time> {
  private place: TripPlace | null = null
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
    this.requestUpdate?.()
    this.chart = this.series = this.requestUpdate = null
  }

  paneViews() {
    return this.place ? this.views : NONE
  }

  set(place: TripPlace | null): void {
    this.place = place
    this.requestUpdate?.()
  }

  private draw(target: Target): void {
    const { place } = this
    if (!place) return
    const { trip, entry, exit } = place
    const from = this.at(entry, trip.entryPrice)
    const to = this.at(exit, trip.exitPrice)
    target.useMediaCoordinateSpace(({ context }) => {
      context.font = font(TEXT_PX)
      context.textAlign = 'center'
      context.strokeStyle = context.fillStyle = colour('text')
      context.lineWidth = 1.5
      if (from && to) {
        context.setLineDash([4, 3])
        line(context, from, to)
        context.setLineDash([])
      }
      if (from) {
        triangle(context, from, trip.side)
        context.fillText(trip.side > 0 ? 'long' : 'short', from.x, from.y + trip.side * (SIZE_PX + TEXT_PX) + 4)
      }
      if (to) {
        line(context, { x: to.x - SIZE_PX, y: to.y - SIZE_PX }, { x: to.x + SIZE_PX, y: to.y + SIZE_PX })
        line(context, { x: to.x - SIZE_PX, y: to.y + SIZE_PX }, { x: to.x + SIZE_PX, y: to.y - SIZE_PX })
        context.fillText('out', to.x, to.y - trip.side * (SIZE_PX + TEXT_PX) + 4)
      }
    })
  }

  private at(index: number, price: number): Point | null {
    const x = index < 0 ? null : (this.chart?.timeScale().logicalToCoordinate(index as Logical) ?? null)
    const y = this.series?.priceToCoordinate(price) ?? null
    return x === null || y === null ? null : { x, y }
  }
}

interface Point {
  x: number
  y: number
}

function line(context: CanvasRenderingContext2D, from: Point, to: Point): void {
  context.beginPath()
  context.moveTo(from.x, from.y)
  context.lineTo(to.x, to.y)
  context.stroke()
}

function triangle(context: CanvasRenderingContext2D, { x, y }: Point, side: number): void {
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(x - SIZE_PX, y + side * 1.6 * SIZE_PX)
  context.lineTo(x + SIZE_PX, y + side * 1.6 * SIZE_PX)
  context.fill()
}

/** The round trip on the candles; it goes with the chart. */
export class TripMark {
  private readonly mark = new Mark()

  constructor(private readonly host: CandleChart) {
    host.candles.attachPrimitive(this.mark)
  }

  /** Draws that trip instead of the one before; null draws none. */
  draw(place: TripPlace | null): void {
    if (!this.host.isRemoved) this.mark.set(place)
  }
}
