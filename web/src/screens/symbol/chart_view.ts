import { MOST_BARS, type Bars } from '@/charts/bars'
import type { CandleChart } from '@/charts/candle_chart'

const LEAST_SHOWN = 10

/** Follows the end of *bars* only when it has left what is shown. */
export function keepInView(made: CandleChart, bars: Bars): void {
  const scale = made.chart.timeScale()
  const range = scale.getVisibleLogicalRange()
  const last = bars.size - 1
  if (!range || last < 0) return
  const width = range.to - range.from
  if (last >= range.from + 0.15 * width && last <= range.to) return
  scale.setVisibleLogicalRange({ from: last + 4 - width, to: last + 4 })
}

/** Puts the crosshair on bar *index*, and moves what is shown as little as that needs. */
export function point(made: CandleChart, bars: Bars, index: number): void {
  made.chart.setCrosshairPosition(bars.close[index], (bars.time[index] / 1000) as never, made.candles)
  const scale = made.chart.timeScale()
  const range = scale.getVisibleLogicalRange()
  if (!range) return
  const by = index < range.from + 1 ? index - 1 - range.from : index > range.to - 2 ? index + 2 - range.to : 0
  if (by !== 0) scale.setVisibleLogicalRange({ from: range.from + by, to: range.to + by })
}

/** Shows bars *from* to *to* in the middle, and as many around them as are shown now, or more where they need it. */
export function showSpan(made: CandleChart, from: number, to: number): void {
  const scale = made.chart.timeScale()
  const range = scale.getVisibleLogicalRange()
  if (!range) return
  const width = Math.min(MOST_BARS, Math.max(range.to - range.from, 1.5 * (to - from)))
  const middle = (from + to) / 2
  scale.setVisibleLogicalRange({ from: middle - width / 2, to: middle + width / 2 })
}

/** Shows *by* times as many bars, with the same end. */
export function zoom(made: CandleChart, by: number): void {
  const scale = made.chart.timeScale()
  const range = scale.getVisibleLogicalRange()
  if (!range) return
  const width = Math.min(MOST_BARS, Math.max(LEAST_SHOWN, (range.to - range.from) * by))
  scale.setVisibleLogicalRange({ from: range.to - width, to: range.to })
}
