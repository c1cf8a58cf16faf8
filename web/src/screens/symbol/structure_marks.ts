import type {
  AutoscaleInfo,
  IChartApi,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  Logical,
  MouseEventParams,
  PrimitiveHoveredItem,
  SeriesAttachedParameter,
  Time,
} from 'lightweight-charts'
import { colour, font } from '@/app/theme'
import type { Bars } from '@/charts/bars'
import type { CandleChart } from '@/charts/candle_chart'
import { price } from '@/format/numbers'
import { inView, LABEL_PX, NOTHING, placed, type Box, type Drawn, type Rect } from './structure_places'

type Target = Parameters<IPrimitivePaneRenderer['draw']>[0]

const TEXT_PX = 10.5
const PAD_PX = 4
/** The row of the letters of the phases, at the top. */
const LETTERS_PX = 16
const DOT_PX = 3.5
/** What is kept free over and under the candles for two rows of labels. */
const ROOM_PX = 2 * LABEL_PX + 12
const NONE: readonly IPrimitivePaneView[] = []

/**
 * A range with its bounds, phases, events and template as one primitive; ranges that are over stand faintly behind.
 *
 * Which way an event points is said by its arrow, its name and its side of the candles, never by a colour alone.
 */
class Marks implements ISeriesPrimitive<Time> {
  private what: Drawn = NOTHING
  private bars: Bars | null = null
  private busy: ReadonlySet<string> = new Set()
  private chosen = ''
  private decimals = 2
  private chart: IChartApi | null = null
  private series: SeriesAttachedParameter<Time>['series'] | null = null
  private requestUpdate: (() => void) | null = null
  /** Where the labels of what was drawn last stand. */
  private stands: { id: string; rect: Rect }[] = []
  private readonly under: IPrimitivePaneRenderer = { draw: (target) => this.drawRange(target) }
  private readonly over: IPrimitivePaneRenderer = { draw: (target) => this.drawEvents(target) }
  private readonly views: readonly IPrimitivePaneView[] = [
    { zOrder: () => 'bottom', renderer: () => this.under },
    { zOrder: () => 'top', renderer: () => this.over },
  ]

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
    return this.what === NOTHING ? NONE : this.views
  }

  autoscaleInfo(): AutoscaleInfo | null {
    return this.what.marks.length > 0 ? { priceRange: null, margins: { above: ROOM_PX, below: ROOM_PX } } : null
  }

  hitTest(x: number, y: number): PrimitiveHoveredItem | null {
    const hit = this.stands.find(
      ({ id, rect }) => id && x >= rect.x && x <= rect.x + rect.width && y >= rect.y && y <= rect.y + rect.height,
    )
    return hit ? { externalId: hit.id, cursorStyle: 'pointer', zOrder: 'top' } : null
  }

  set(what: Drawn, bars: Bars, busy: ReadonlySet<string>, chosen: string, decimals: number): void {
    this.what = what
    this.bars = bars
    this.busy = busy
    this.chosen = chosen
    this.decimals = decimals
    if (what === NOTHING) this.stands = []
    this.requestUpdate?.()
  }

  private x(index: number): number {
    return this.chart?.timeScale().logicalToCoordinate(index as Logical) ?? NaN
  }

  private y(value: number): number {
    return this.series?.priceToCoordinate(value) ?? NaN
  }

  private drawRange(target: Target): void {
    const { what } = this
    const [text, edge, raised] = ['text', 'edge', 'raised'].map(colour)
    target.useMediaCoordinateSpace(({ context, mediaSize: { width, height } }) => {
      context.save()
      context.strokeStyle = edge
      context.lineWidth = 1
      context.globalAlpha = 0.6
      context.setLineDash([2, 3])
      for (const one of what.past) {
        const { left, top, wide, high } = this.box(one)
        if (left + wide >= 0 && left <= width) context.strokeRect(left, top, wide, high)
      }
      if (what.range) {
        const { left, top, wide, high } = this.box(what.range)
        const right = Math.max(width, left + wide)
        context.setLineDash([])
        context.globalAlpha = 0.5
        context.fillStyle = raised
        context.fillRect(left, top, wide, high)
        context.globalAlpha = 1
        context.strokeStyle = text
        context.lineWidth = 1.25
        // The creek is whole and the ice is broken, so that neither needs its name to be known.
        line(context, left, top, right, top)
        context.setLineDash([7, 4])
        line(context, left, top + high, right, top + high)
      }
      context.globalAlpha = 1
      context.lineWidth = 1
      context.strokeStyle = edge
      context.setLineDash([1, 3])
      for (const band of what.bands.slice(1)) {
        const x = this.x(band.from)
        if (x > 0 && x < width) line(context, x, 0, x, height)
      }
      context.restore()
    })
  }

  private box(one: Box): { left: number; top: number; wide: number; high: number } {
    const [left, right, top, bottom] = [this.x(one.from), this.x(one.to), this.y(one.creek), this.y(one.ice)]
    return { left, top, wide: right - left, high: bottom - top }
  }

  private drawEvents(target: Target): void {
    const { bars } = this
    if (!bars) return
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      context.save()
      context.font = font(TEXT_PX)
      context.textBaseline = 'middle'
      this.drawPath(context)
      const taken = [...this.drawLetters(context, mediaSize.width), ...this.drawBounds(context, mediaSize)]
      this.drawLabels(context, mediaSize, bars, taken)
      context.restore()
    })
  }

  private drawPath(context: CanvasRenderingContext2D): void {
    const { path } = this.what
    if (path.length < 2) return
    context.strokeStyle = colour('warn')
    context.lineWidth = 1
    context.setLineDash([4, 4])
    context.beginPath()
    path.forEach(({ index, price: value }, n) => {
      if (n === 0) context.moveTo(this.x(index), this.y(value))
      else context.lineTo(this.x(index), this.y(value))
    })
    context.stroke()
    context.setLineDash([])
  }

  private drawLetters(context: CanvasRenderingContext2D, width: number): Rect[] {
    const [panel, text] = [colour('panel'), colour('text')]
    const found: Rect[] = []
    context.textAlign = 'center'
    for (const band of this.what.bands) {
      const view = inView(this.x(band.from), this.x(band.to), width)
      const wide = context.measureText(band.phase).width + 2 * PAD_PX
      if (!view || view.to - view.from < wide) continue
      const rect = { x: (view.from + view.to - wide) / 2, y: 1, width: wide, height: LETTERS_PX - 1 }
      context.fillStyle = panel
      context.fillRect(rect.x, rect.y, rect.width, rect.height)
      context.fillStyle = text
      context.fillText(band.phase, rect.x + wide / 2, rect.y + rect.height / 2)
      found.push(rect)
    }
    return found
  }

  /** The names of the bounds at the right end, where no bar is. */
  private drawBounds(context: CanvasRenderingContext2D, pane: { width: number; height: number }): Rect[] {
    const { range } = this.what
    if (!range) return []
    const [panel, text] = [colour('panel'), colour('text')]
    context.textAlign = 'left'
    return [
      { words: `Creek ${price(range.creek, this.decimals)}`, y: this.y(range.creek) - LABEL_PX - 1 },
      { words: `Ice ${price(range.ice, this.decimals)}`, y: this.y(range.ice) + 2 },
    ].flatMap(({ words, y }) => {
      if (!(y > -LABEL_PX && y < pane.height)) return []
      const wide = context.measureText(words).width + 2 * PAD_PX
      const from = Math.max(2, Math.min(this.x(range.from), pane.width - wide - 2))
      const rect = { x: from, y, width: wide, height: LABEL_PX - 1 }
      context.globalAlpha = 0.85
      context.fillStyle = panel
      context.fillRect(rect.x, rect.y, rect.width, rect.height)
      context.globalAlpha = 1
      context.fillStyle = text
      context.fillText(words, rect.x + PAD_PX, rect.y + rect.height / 2)
      return [rect]
    })
  }

  private drawLabels(
    context: CanvasRenderingContext2D,
    pane: { width: number; height: number },
    bars: Bars,
    taken: readonly Rect[],
  ): void {
    const shown = this.what.marks.filter(({ index }) => {
      const x = this.x(index)
      return index < bars.size && x > -LABEL_PX && x < pane.width + LABEL_PX
    })
    const wishes = shown.map(({ index, isBelow, text }) => ({
      x: this.x(index),
      y: this.y(isBelow ? bars.low[index] : bars.high[index]),
      width: context.measureText(text).width + 2 * PAD_PX,
      isBelow,
      isBehindSignal: this.busy.has(`${index} ${isBelow}`),
    }))
    const rects = placed(wishes, pane, taken)
    const [panel, text, edge, focus, muted] = ['panel', 'text', 'edge', 'focus', 'muted'].map(colour)
    context.textAlign = 'center'
    this.stands = []
    shown.forEach((mark, n) => {
      const rect = rects[n]
      const isWaiting = mark.kind === 'waiting'
      const tone = mark.kind === 'withdrawn' ? muted : colour(mark.direction > 0 ? 'up' : 'down')
      context.strokeStyle = context.fillStyle = tone
      context.lineWidth = 1.25
      this.drawDot(context, wishes[n].x, this.y(mark.level), isWaiting)
      if (!rect) return
      const isChosen = mark.id !== '' && mark.id === this.chosen
      const edgeY = mark.isBelow ? rect.y : rect.y + rect.height
      context.globalAlpha = 0.7
      line(context, wishes[n].x, wishes[n].y + (mark.isBelow ? 2 : -2), wishes[n].x, edgeY)
      context.globalAlpha = 1
      context.fillStyle = panel
      context.fillRect(rect.x, rect.y, rect.width, rect.height)
      context.strokeStyle = isChosen ? focus : isWaiting ? tone : edge
      context.lineWidth = isChosen ? 2 : 1
      context.setLineDash(isWaiting ? [3, 2] : [])
      context.strokeRect(rect.x + 0.5, rect.y + 0.5, rect.width - 1, rect.height - 1)
      context.setLineDash([])
      context.fillStyle = mark.kind === 'withdrawn' ? muted : text
      const middle = rect.y + rect.height / 2
      context.fillText(mark.text, rect.x + rect.width / 2, middle + 0.5)
      if (mark.kind === 'withdrawn') {
        context.strokeStyle = muted
        line(context, rect.x + 2, middle, rect.x + rect.width - 2, middle)
      }
      this.stands.push({ id: mark.id, rect })
    })
  }

  /** At the level: full, or hollow and dashed where nothing is confirmed yet. */
  private drawDot(context: CanvasRenderingContext2D, x: number, y: number, isWaiting: boolean): void {
    context.beginPath()
    context.arc(x, y, isWaiting ? DOT_PX + 1.5 : DOT_PX, 0, 2 * Math.PI)
    context.setLineDash(isWaiting ? [2, 2] : [])
    if (isWaiting) context.stroke()
    else context.fill()
    context.setLineDash([])
  }
}

function line(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  context.beginPath()
  context.moveTo(x0, y0)
  context.lineTo(x1, y1)
  context.stroke()
}

/** The structure on the candles; it goes with the chart. *pick* hears which event was clicked. */
export class StructureMarks {
  private readonly marks = new Marks()

  constructor(
    private readonly host: CandleChart,
    pick: (id: string) => void,
  ) {
    host.candles.attachPrimitive(this.marks)
    host.chart.subscribeClick(({ hoveredInfo }: MouseEventParams) => {
      if (typeof hoveredInfo?.objectId === 'string') pick(hoveredInfo.objectId)
    })
  }

  /** Draws *what* instead of what was there before; *busy* says beside which candles signals stand. */
  draw(what: Drawn, bars: Bars, busy: ReadonlySet<string>, chosen: string, decimals: number): void {
    if (!this.host.isRemoved) this.marks.set(what, bars, busy, chosen, decimals)
  }
}
