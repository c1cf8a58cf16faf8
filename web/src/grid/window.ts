/** The rows that have to exist: from `first`, `count` of them. */
export interface RowWindow {
  first: number
  count: number
}

/** The rows of *total* that a viewport shows, with *over* more on either side. */
export function rowWindow(top: number, height: number, rowHeight: number, total: number, over: number): RowWindow {
  if (total === 0 || rowHeight <= 0) return { first: 0, count: 0 }
  const shown = Math.ceil(height / rowHeight) + 1
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight), total - shown) - over)
  return { first, count: Math.min(total - first, shown + 2 * over) }
}

/** Where to scroll so that row *index* is wholly in view; *top* when it is already. */
export function scrollTo(index: number, top: number, height: number, rowHeight: number): number {
  const from = index * rowHeight
  if (from < top) return from
  return from + rowHeight > top + height ? from + rowHeight - height : top
}
