import {
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  HistogramSeries,
  type CandlestickData,
  type HistogramData,
  type IChartApi,
  type ISeriesApi,
  type TickMarkType,
  type UTCTimestamp,
} from 'lightweight-charts'
import { colour } from '@/app/theme'
import type { Bars } from './bars'
import { crosshairTime, tickMark } from './tick_marks'

/** The candle under the crosshair, as an index into the bars; -1 when there is none. */
export type CrosshairListener = (index: number) => void

/**
 * One chart in one element: candles with their volume, drawn from `Bars`.
 *
 * New bars never change what a user has zoomed to. After `remove` every method is a no-op. Memory: about 1.6 MB.
 */
export class CandleChart {
  readonly chart: IChartApi
  readonly candles: ISeriesApi<'Candlestick'>
  readonly volumes: ISeriesApi<'Histogram'>
  isRemoved = false
  private bars: Bars | null = null
  private cuts = 0
  private drawn = 0
  private lastTime = NaN
  private listener: CrosshairListener | null = null

  constructor(element: HTMLElement) {
    this.chart = createChart(element, {
      autoSize: true,
      layout: { attributionLogo: true, fontSize: 11, panes: { enableResize: true } },
      crosshair: { mode: CrosshairMode.Normal },
      localization: { timeFormatter: (time: UTCTimestamp) => crosshairTime(time) },
      timeScale: {
        timeVisible: true,
        secondsVisible: false,
        rightOffset: 4,
        tickMarkFormatter: (time: UTCTimestamp, type: TickMarkType) => tickMark(time, type),
      },
      rightPriceScale: { scaleMargins: { top: 0.06, bottom: 0.24 } },
    })
    this.candles = this.chart.addSeries(CandlestickSeries, {})
    this.volumes = this.chart.addSeries(HistogramSeries, {
      priceScaleId: 'volume',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    })
    this.chart.priceScale('volume').applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } })
    this.chart.subscribeCrosshairMove((event) => {
      this.listener?.(event.logical === undefined || event.point === undefined ? -1 : Math.round(event.logical))
    })
    this.paint()
  }

  onCrosshair(listener: CrosshairListener | null): void {
    this.listener = listener
  }

  /** Takes the colours of the page as they are now. */
  paint(): void {
    if (this.isRemoved) return
    const [text, line, panel, up, down, edge] = ['muted', 'grid-line', 'panel', 'up', 'down', 'edge'].map(colour)
    this.chart.applyOptions({
      layout: { background: { type: ColorType.Solid, color: panel }, textColor: text, panes: { separatorColor: line } },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
      crosshair: { vertLine: { color: edge }, horzLine: { color: edge } },
    })
    this.candles.applyOptions({
      upColor: panel,
      borderUpColor: up,
      wickUpColor: up,
      downColor: down,
      borderDownColor: down,
      wickDownColor: down,
    })
    if (this.bars) this.setAll(false)
  }

  /** Shows other bars, or the same once more from the start. */
  show(bars: Bars, decimals: number): void {
    if (this.isRemoved) return
    this.bars = bars
    const priceFormat = { type: 'price', precision: decimals, minMove: 10 ** -decimals } as const
    this.candles.applyOptions({ priceFormat })
    this.setAll(true)
  }

  /** Draws what has changed at the end of the bars. */
  update(): void {
    const bars = this.bars
    if (this.isRemoved || !bars || bars.size === 0) return
    if (bars.cuts !== this.cuts || bars.size < this.drawn) {
      const range = this.chart.timeScale().getVisibleLogicalRange()
      const by = bars.cuts - this.cuts
      this.setAll(false)
      if (range) this.chart.timeScale().setVisibleLogicalRange({ from: range.from - by, to: range.to - by })
      return
    }
    for (let n = Math.max(0, this.drawn - 1); n < bars.size; n += 1) {
      if (bars.time[n] < this.lastTime) continue
      this.candles.update(candle(bars, n))
      this.volumes.update(volume(bars, n))
      this.lastTime = bars.time[n]
    }
    this.drawn = bars.size
  }

  fit(): void {
    if (!this.isRemoved) this.chart.timeScale().fitContent()
  }

  toNewest(): void {
    if (!this.isRemoved) this.chart.timeScale().scrollToRealTime()
  }

  remove(): void {
    if (this.isRemoved) return
    this.isRemoved = true
    this.listener = null
    this.bars = null
    this.chart.remove()
  }

  private setAll(isFitted: boolean): void {
    const bars = this.bars
    if (!bars) return
    const candles: CandlestickData[] = []
    const volumes: HistogramData[] = []
    for (let n = 0; n < bars.size; n += 1) {
      candles.push(candle(bars, n))
      volumes.push(volume(bars, n))
    }
    this.candles.setData(candles)
    this.volumes.setData(volumes)
    this.drawn = bars.size
    this.cuts = bars.cuts
    this.lastTime = bars.size > 0 ? bars.time[bars.size - 1] : NaN
    if (!isFitted) return
    this.chart.timeScale().setVisibleLogicalRange({ from: Math.max(-0.5, bars.size - 140), to: bars.size + 3 })
  }
}

function candle(bars: Bars, n: number): CandlestickData {
  return {
    time: (bars.time[n] / 1000) as UTCTimestamp,
    open: bars.open[n],
    high: bars.high[n],
    low: bars.low[n],
    close: bars.close[n],
  }
}

function volume(bars: Bars, n: number): HistogramData {
  const isUp = bars.close[n] >= bars.open[n]
  return { time: (bars.time[n] / 1000) as UTCTimestamp, value: bars.volume[n], color: colour(isUp ? 'up' : 'down') + '66' }
}
