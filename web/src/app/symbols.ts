import { shallowRef } from 'vue'
import { market } from '@/market_data/live'
import { go, route } from './router'
import { screens } from './screens'

/** The symbols of the list that was looked at last, in its order: what `[` and `]` walk along. */
export const listed = shallowRef<readonly string[]>([])
/** The symbol that was looked at last. */
export const looked = shallowRef('')

/** Opens the page of a symbol, where there is one. */
export function openSymbol(symbol: string): void {
  looked.value = symbol
  const screen = screens.find((one) => one.hasSymbol)
  if (screen) go(screen.name, symbol)
}

/** The symbol that stands *by* places after *symbol* in the list, around its ends. */
export function neighbour(symbol: string, by: number): string {
  const list = listed.value.length > 0 ? listed.value : market.symbols
  if (list.length === 0) return symbol
  const at = list.indexOf(symbol)
  return list[(at < 0 ? 0 : at + by + list.length) % list.length]
}

export function stepSymbol(by: number): void {
  const screen = screens.find((one) => one.name === route.value.screen)
  if (screen?.hasSymbol) openSymbol(neighbour(route.value.param, by))
}

/** The symbols that *text* may mean, the likeliest first: equal, then at the start, then anywhere; at most *most*. */
export function matching(text: string, symbols: readonly string[], most = 12): string[] {
  const wanted = text.trim().toUpperCase()
  if (!wanted) return symbols.slice(0, most)
  const found: { symbol: string; rank: number }[] = []
  for (const symbol of symbols) {
    const at = symbol.indexOf(wanted)
    if (at < 0) continue
    const base = symbol.replace(/USD[TC]?$/, '')
    found.push({ symbol, rank: symbol === wanted || base === wanted ? 0 : at === 0 ? 1 : 2 })
  }
  found.sort((a, b) => a.rank - b.rank || a.symbol.length - b.symbol.length || (a.symbol < b.symbol ? -1 : 1))
  return found.slice(0, most).map((one) => one.symbol)
}
