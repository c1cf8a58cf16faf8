import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { font } from '@/app/theme'
import { date, timeMark } from '@/format/ages'
import { short } from '@/format/numbers'
import type { Line } from './SeriesChart.vue'

export interface LineChartOptions {
  lines: Line[]
  height: number
  width: number
  low?: number
  high?: number
  write?: (value: number) => string
  colour: (name: string) => string
}

/** A uPlot in one element; made anew when colours or lines change, since uPlot keeps both. About 0.35 MB. */
export class LineChart {
  private plot: uPlot
  private data: uPlot.AlignedData = [[]]

  constructor(
    private readonly element: HTMLElement,
    private readonly options: LineChartOptions,
  ) {
    this.plot = this.make()
  }

  set(data: (number | null)[][] | Float64Array[]): void {
    this.data = data as uPlot.AlignedData
    this.plot.setData(this.data)
  }

  resize(width: number, height: number): void {
    if (width > 0) this.plot.setSize({ width, height })
    this.options.width = width
  }

  paint(lines: Line[]): void {
    this.options.lines = lines
    this.plot.destroy()
    this.plot = this.make()
    this.plot.setData(this.data)
  }

  remove(): void {
    this.plot.destroy()
  }

  private make(): uPlot {
    const { lines, height, low, high, colour, write = short } = this.options
    const text = colour('muted')
    const grid = { stroke: colour('grid-line'), width: 1 }
    const axis = { stroke: text, grid, ticks: { show: false }, font: font(11) }
    return new uPlot(
      {
        width: Math.max(80, this.options.width),
        height,
        padding: [8, 8, 0, 0],
        legend: { show: lines.length > 1, live: true },
        cursor: { points: { size: 5 }, drag: { x: true, y: false } },
        scales: {
          x: { time: true },
          y: { range: (_, least, most) => span(Math.min(least, low ?? least), Math.max(most, high ?? most)) },
        },
        axes: [
          { ...axis, size: 24, values: (_, ticks, __, ___, stepS) => ticks.map((at) => timeMark(at * 1000, stepS)) },
          { ...axis, size: 58, values: (_, ticks) => ticks.map((at) => write(at)) },
        ],
        series: [
          { label: 'time', value: (_, at) => (at === null ? '' : date(at * 1000)) },
          ...lines.map((line) => ({
            label: line.title,
            stroke: colour(line.tone),
            fill: line.isFilled ? `${colour(line.tone)}1f` : undefined,
            width: line.width ?? 1.25,
            dash: line.dash,
            points: { show: line.hasPoints ?? false, size: 7 },
            value: (_: uPlot, value: number | null) => (value === null ? '–' : write(value)),
          })),
        ],
      },
      this.data,
      this.element,
    )
  }
}

function span(least: number, most: number): [number, number] {
  if (!Number.isFinite(least) || !Number.isFinite(most)) return [0, 1]
  const room = (most - least || Math.abs(most) || 1) * 0.06
  return [least - room, most + room]
}
