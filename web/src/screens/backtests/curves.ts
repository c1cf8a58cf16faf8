/** The equity of a run over time, as it is drawn. */
export interface Curve {
  at_ms: readonly number[]
  equity: readonly number[]
}

type Column = (number | null)[]

/** The last index of *times* that is not later than *at*; -1 where all are. */
function before(times: readonly number[], at: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle] <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** What *curve* was worth at *ms*, on a straight line between its points; null before the first and after the last. */
export function worthAt({ at_ms, equity }: Curve, ms: number): number | null {
  const at = before(at_ms, ms)
  if (at < 0 || ms > at_ms[at_ms.length - 1]) return null
  if (at_ms[at] === ms || at === at_ms.length - 1) return equity[at]
  const along = (ms - at_ms[at]) / (at_ms[at + 1] - at_ms[at])
  return equity[at] + along * (equity[at + 1] - equity[at])
}

/** Times (s), equity, and the part of it from *fromMs* to *toMs*, both of them points of it, as columns of a chart. */
export function withSpan(curve: Curve, span: { fromMs: number; toMs: number } | null): Column[] {
  if (!span) return [curve.at_ms.map((ms) => ms / 1000), [...curve.equity], curve.at_ms.map(() => null)]
  const ends = [span.fromMs, span.toMs].filter((ms) => worthAt(curve, ms) !== null)
  const times = [...new Set([...curve.at_ms, ...ends])].sort((a, b) => a - b)
  const worth = times.map((ms) => worthAt(curve, ms))
  const isInside = (ms: number) => ms >= span.fromMs && ms <= span.toMs
  return [times.map((ms) => ms / 1000), worth, worth.map((value, n) => (isInside(times[n]) ? value : null))]
}

/**
 * Times (s), and what each of two runs had gained by then against its beginning, as a fraction; null where it was not
 * running. What began with nothing gains nothing.
 */
export function together(first: Curve, second: Curve): Column[] {
  const times = [...new Set([...first.at_ms, ...second.at_ms])].sort((a, b) => a - b)
  const gained = (curve: Curve) => {
    const start = curve.equity[0]
    return times.map((ms) => {
      const worth = worthAt(curve, ms)
      return worth === null || !start ? null : worth / start - 1
    })
  }
  return [times.map((ms) => ms / 1000), gained(first), gained(second)]
}
