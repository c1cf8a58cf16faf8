import { shallowRef } from 'vue'
import { keep, kept } from '@/settings/settings'

const KEY = 'tidemark.favourites'
const MOST = 200
const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

/** The watchlist of this browser. */
export const favourites = shallowRef<ReadonlySet<string>>(new Set(kept(KEY, isList, []).slice(0, MOST)))

/** Puts a symbol on the watchlist or takes it off; true when it is on it afterwards. */
export function toggleFavourite(symbol: string): boolean {
  const next = new Set(favourites.value)
  if (!next.delete(symbol) && next.size < MOST) next.add(symbol)
  favourites.value = next
  keep(KEY, [...next])
  return next.has(symbol)
}
