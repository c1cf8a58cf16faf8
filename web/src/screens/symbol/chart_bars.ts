import { computed, ref, shallowRef, watch } from 'vue'
import { barCache, Bars, loadBars } from '@/charts/bars'
import type { Owned } from '@/owned/owned'
import { linkError } from '@/push/link'
import { useTopic } from '@/push/topic'
import { RestError } from '@/rest/client'
import type { CandleRow } from '@/wire/push'
import { closedUntil, copyBars } from './bars_until'
import { lengthMs, type Timeframe } from './timeframes'

/** So many candles are asked for. */
export const LIMIT = 1440

export interface Asked {
  symbol: string
  timeframe: Timeframe
  /** null is now. */
  asOfMs: number | null
}

/** What hears of the candles: that they have changed, *back* where others than the last ones have, and another end. */
export interface Hearer {
  changed(isBack: boolean): void
  ended(): void
}

/**
 * The candles of a chart: asked for, kept up to date by their topic, and cut at the moment that is looked at.
 *
 * `source` are all of them, `view` those that had closed then; `version` is that of the view.
 */
export function useChartBars(owned: Owned, asked: () => Asked, hearer: Hearer) {
  const bare = () => new Bars(asked().symbol, asked().timeframe)
  const error = shallowRef<Error | null>(null)
  const failedSinceMs = ref(0)
  const isLoaded = ref(false)
  /** The chart is there; it stays while other candles are awaited, since it costs more than they do. */
  const hasChart = ref(false)
  const source = shallowRef<Bars | null>(null)
  const view = shallowRef<Bars>(bare())
  const version = ref(0)
  const length = computed(() => lengthMs(asked().timeframe))

  let newest = 0
  async function load(isFresh = false, isShown = true): Promise<void> {
    newest += 1
    const number = newest
    const { symbol, timeframe } = asked()
    if (isFresh) barCache.held.delete(`${symbol} ${timeframe}`)
    try {
      // The rest of what a new market brings is shown first.
      if (!isShown) await new Promise<void>((shown) => owned.afterPaint(shown))
      const bars = barCache.get(symbol, timeframe) ?? (await loadBars(owned, symbol, timeframe, LIMIT))
      if (number !== newest || owned.isEnded) return
      const isOther = source.value?.symbol !== symbol || source.value.timeframe !== timeframe || !isLoaded.value
      source.value = bars
      error.value = null
      failedSinceMs.value = 0
      if (isOther) view.value = new Bars(symbol, timeframe)
      copyBars(bars, view.value, closedUntil(bars, asked().asOfMs, length.value))
      isLoaded.value = hasChart.value = true
      tell(!isOther && isFresh)
    } catch (caught) {
      if (number !== newest || owned.isEnded || !(caught instanceof RestError)) return
      error.value = caught
      failedSinceMs.value ||= Date.now()
      if (!isLoaded.value) hasChart.value = false
    }
  }

  function tell(isBack = false): void {
    version.value = view.value.version
    hearer.changed(isBack)
  }

  watch(
    () => [asked().symbol, asked().timeframe],
    ([symbol], before) => {
      isLoaded.value = false
      source.value = null
      view.value = bare()
      error.value = null
      tell()
      void load(false, symbol === before?.[0])
    },
    { immediate: true },
  )
  watch(
    () => asked().asOfMs,
    (ms) => {
      if (!source.value) return
      copyBars(source.value, view.value, closedUntil(source.value, ms, length.value))
      tell()
      hearer.ended()
    },
  )

  /** Puts rows at the end of what is held; false when a stretch before them is missing, a hole or our own lag. */
  function put(rows: readonly CandleRow[]): boolean {
    const bars = source.value
    const { symbol, timeframe, asOfMs } = asked()
    if (!bars || bars.symbol !== symbol || bars.timeframe !== timeframe) return true
    const last = bars.size > 0 ? bars.time[bars.size - 1] : NaN
    if (rows.length > 0 && rows[0][0] > last + length.value) return false
    for (const row of rows) {
      bars.put(row)
      if (asOfMs === null) view.value.put(row)
    }
    return true
  }

  useTopic(owned, () => `candle.${asked().symbol}.${asked().timeframe}` as const, (message) => {
    const rows = [...(message.type === 'snapshot' ? message.candles : (message.closed ?? []))]
    if (message.provisional) rows.push(message.provisional)
    if (!put(rows) || (message.type === 'delta' && message.revised)) reloadSoon()
  })
  let isReloading = false
  /** Candles further back have changed, or some are missing here: all are asked for, once for what comes together. */
  function reloadSoon(): void {
    if (isReloading) return
    isReloading = true
    owned.timeout(1000, () => {
      isReloading = false
      void load(true)
    })
  }

  let seen = -1
  owned.frame(() => {
    const bars = view.value
    if (!isLoaded.value || bars.version === seen) return
    seen = bars.version
    tell()
  })

  /** Changes with which candles there are, not with what the newest of them does. */
  const shape = computed(() => {
    void version.value
    const { symbol, timeframe, size, time } = view.value
    return size > 0 ? [symbol, timeframe, size, time[0], time[size - 1]].join() : ''
  })
  const shownError = computed(() => error.value ?? linkError.value)
  const state = computed(() =>
    isLoaded.value
      ? (shownError.value ? 'stale' : 'ready')
      : error.value
        ? 'error'
        : hasChart.value
          ? 'ready'
          : 'loading',
  )
  return { source, view, version, shape, length, isLoaded, state, error, shownError, failedSinceMs, load }
}
