import { shallowRef } from 'vue'
import { keep, kept } from '@/settings/settings'

/** A named way to look at the market: what is let in, and by what it is sorted. */
export interface SavedView {
  name: string
  filter: string
  sort: string
  columns: string
}

const KEY = 'tidemark.views'
const MOST = 20

/** Those that everybody has. */
export const BUILT_IN: readonly SavedView[] = [
  { name: 'All', filter: '', sort: 'score-desc', columns: '' },
  { name: '★ Watched', filter: 'watched', sort: 'score-desc', columns: '' },
  { name: 'Long ≥ 65', filter: 'score>=65', sort: 'score-desc', columns: '' },
  { name: 'Short ≤ 35', filter: 'score<=35', sort: 'score-asc', columns: '' },
  { name: 'Turned 15 min', filter: 'turned=15', sort: 'since-asc', columns: '' },
  { name: 'Flow leads', filter: 'order_flow>=75', sort: 'order_flow-desc', columns: '' },
  { name: 'Funding high', filter: 'funding>=0.03', sort: 'funding-desc', columns: '' },
  { name: 'OI builds', filter: 'open_interest_change_1h>=1', sort: 'open_interest_change_1h-desc', columns: '' },
  { name: 'Not fresh', filter: 'state=old', sort: 'age-desc', columns: '' },
]

function areViews(value: unknown): value is SavedView[] {
  const fields = ['name', 'filter', 'sort', 'columns']
  return (
    Array.isArray(value) &&
    value.every(
      (one: unknown) =>
        typeof one === 'object' &&
        one !== null &&
        fields.every((field) => typeof (one as Record<string, unknown>)[field] === 'string'),
    )
  )
}

/** Those that this browser has, at most 20. */
export const savedViews = shallowRef<readonly SavedView[]>(kept(KEY, areViews, []).slice(0, MOST))

/** Keeps a view under its name, over one of that name; false when there are too many. */
export function saveView(view: SavedView): boolean {
  const others = savedViews.value.filter((one) => one.name !== view.name)
  if (others.length >= MOST) return false
  savedViews.value = [...others, view]
  keep(KEY, savedViews.value)
  return true
}

export function forgetView(name: string): void {
  savedViews.value = savedViews.value.filter((one) => one.name !== name)
  keep(KEY, savedViews.value)
}
