import { price } from '@/format/numbers'
import { font } from '@/app/theme'
import type { Cause, FigureColumn } from '@/wire/rest'

/** A chart holds at most this many columns, the newest. */
export const MOST_COLUMNS = 160
const [LEAST_CELL, MOST_CELL] = [2, 13]
const HEIGHT = 300
const PAD = 8
const TEXT_PX = 10.5
/** A target that lies farther than this many times the height of the columns is named, and not drawn to. */
const FARTHEST = 2

/** A horizontal line of the chart. */
export interface Line {
  name: string
  price: number
  /** Where it stands, in boxes; a part of one too. */
  box: number
}

/** What is drawn: which columns, how large a box is (px), and which boxes are in view. */
export interface Plan {
  columns: readonly Stacked[]
  lines: Line[]
  low: number
  high: number
  cell: number
  width: number
  height: number
}

/** A column with its boxes by their numbers. */
export interface Stacked extends FigureColumn {
  bottom: number
  top: number
}

/** Where a price stands, in boxes of so many per cent; what misses a whole one by less than a millionth is at it. */
export function boxOf(value: number, boxPercent: number): number {
  return Number((Math.log(value) / Math.log1p(boxPercent / 100)).toFixed(6))
}

export function stacked({ chart, box_percent }: Cause): Stacked[] {
  return chart.map((one) => ({
    ...one,
    bottom: Math.round(boxOf(one.low, box_percent)),
    top: Math.round(boxOf(one.high, box_percent)),
  }))
}

/** The count line and the targets that there are. */
export function lines(cause: Cause): Line[] {
  const all: [string, number | null][] = [
    ['count line', cause.line],
    ['conservative', cause.conservative],
    ['halfway', cause.halfway],
    ['maximum', cause.maximum],
  ]
  return all.flatMap(([name, value]) =>
    value === null || !(value > 0) ? [] : [{ name, price: value, box: boxOf(value, cause.box_percent) }],
  )
}

/** How a chart of *cause* is drawn beside labels of *labelPx*. */
export function plan(cause: Cause, labelPx: number): Plan {
  const columns = stacked(cause).slice(-MOST_COLUMNS)
  const found = lines(cause)
  let low = columns.reduce((least, one) => Math.min(least, one.bottom), Infinity)
  let high = columns.reduce((most, one) => Math.max(most, one.top), -Infinity)
  if (columns.length === 0) low = high = Math.round(found[0]?.box ?? 0)
  const reach = FARTHEST * (high - low + 1)
  const [floor, ceiling] = [low - reach, high + reach]
  for (const { box } of found) {
    if (box < floor || box > ceiling) continue
    low = Math.min(low, Math.floor(box))
    high = Math.max(high, Math.ceil(box))
  }
  const boxes = high - low + 1
  const cell = Math.max(LEAST_CELL, Math.min(MOST_CELL, Math.floor(HEIGHT / boxes)))
  return {
    columns, lines: found, low, high, cell,
    width: Math.max(160, columns.length * cell) + labelPx + 2 * PAD,
    height: boxes * cell + 2 * PAD,
  }
}

export interface Tones {
  up: string
  down: string
  text: string
  muted: string
  edge: string
  panel: string
}

/** Draws crosses and circles, the count line and the targets. */
export function drawFigure(brush: CanvasRenderingContext2D, what: Plan, tones: Tones, decimals: number): void {
  const { columns, cell, high, width, height } = what
  brush.clearRect(0, 0, width, height)
  const y = (box: number) => PAD + (high - box + 0.5) * cell
  brush.lineWidth = Math.max(1, cell / 9)
  const inset = Math.max(0.4, cell * 0.16)
  const size = cell - 2 * inset
  columns.forEach((column, n) => {
    const x = PAD + n * cell + inset
    for (let box = column.bottom; box <= column.top; box += 1) {
      const top = y(box) - cell / 2 + inset
      brush.beginPath()
      if (column.kind === 'X') {
        brush.strokeStyle = tones.up
        brush.moveTo(x, top)
        brush.lineTo(x + size, top + size)
        brush.moveTo(x + size, top)
        brush.lineTo(x, top + size)
      } else {
        brush.strokeStyle = tones.down
        brush.ellipse(x + size / 2, top + size / 2, size / 2, size / 2, 0, 0, 2 * Math.PI)
      }
      brush.stroke()
    }
  })
  drawLines(brush, what, tones, decimals, y)
}

function drawLines(
  brush: CanvasRenderingContext2D,
  { columns, lines: all, cell, low, high, width, height }: Plan,
  tones: Tones,
  decimals: number,
  y: (box: number) => number,
): void {
  const right = PAD + Math.max(160, columns.length * cell)
  brush.font = font(TEXT_PX)
  brush.textBaseline = 'middle'
  brush.lineWidth = 1
  const shown = all.filter(({ box }) => box >= low - 0.5 && box <= high + 0.5)
  const rows = spread(shown.map(({ box }) => y(box)), TEXT_PX + 3, height)
  shown.forEach((one, n) => {
    const at = y(one.box)
    brush.strokeStyle = one.name === 'count line' ? tones.text : tones.edge
    brush.setLineDash(one.name === 'count line' ? [] : [5, 4])
    brush.beginPath()
    brush.moveTo(PAD, at)
    brush.lineTo(right, at)
    brush.lineTo(right + 6, rows[n])
    brush.stroke()
    brush.setLineDash([])
    brush.fillStyle = tones.text
    brush.fillText(`${one.name} ${price(one.price, decimals)}`, right + 9, rows[n], width - right - 9)
  })
}

/** Where labels stand that would like to stand at *wanted*: at least *apart* from each other, within *height*. */
export function spread(wanted: readonly number[], apart: number, height: number): number[] {
  const order = wanted.map((_, n) => n).sort((a, b) => wanted[a] - wanted[b])
  const found = [...wanted]
  let free = apart / 2
  for (const n of order) {
    found[n] = Math.max(free, wanted[n])
    free = found[n] + apart
  }
  let most = height - apart / 2
  for (const n of order.reverse()) {
    found[n] = Math.min(most, found[n])
    most = found[n] - apart
  }
  return found
}
