import { shallowRef } from 'vue'
import type { Owned } from '@/owned/owned'

/** `#/symbol/BTCUSDT?tf=1h` is the screen `symbol` of `BTCUSDT` with one thing asked. */
export interface Route {
  screen: string
  param: string
  query: Readonly<Record<string, string>>
}

export function parse(hash: string): Route {
  const [path, search = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const [screen = '', param = ''] = path.split('/')
  return { screen, param: decode(param), query: Object.fromEntries(new URLSearchParams(search)) }
}

export function href(screen: string, param = '', query: Readonly<Record<string, string>> = {}): string {
  const search = new URLSearchParams(query).toString()
  return `#/${screen}${param ? `/${encodeURIComponent(param)}` : ''}${search ? `?${search}` : ''}`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const route = shallowRef<Route>(parse(location.hash))
/** The query that each screen had when it was left, so that a way back finds it as it was. */
const left = new Map<string, Readonly<Record<string, string>>>()

let owner: Owned | null = null
/** What the address is to say, and what it said when that was asked for. */
let unwritten: { hash: string; over: string } | null = null

/** The browser takes its time to note an address: what a user asked for is shown first. */
function write(hash: string): void {
  const isDue = unwritten === null
  unwritten = { hash, over: location.hash }
  if (isDue) owner?.afterPaint(writeNow)
}

function writeNow(): void {
  const one = unwritten
  unwritten = null
  // Who has gone elsewhere meanwhile has another address.
  if (one && location.hash === one.over) history.replaceState(history.state, '', one.hash)
}

/** Goes to a screen; without a query it looks as when it was left. */
export function go(screen: string, param = '', query?: Readonly<Record<string, string>>): void {
  writeNow()
  location.hash = href(screen, param, query ?? left.get(screen) ?? {})
}

/** Changes what the address says of the present screen, without a step in the history; '' or null takes a key out. */
export function replaceQuery(changes: Readonly<Record<string, string | null>>): void {
  const { screen, param, query } = route.value
  const next = Object.fromEntries(Object.entries({ ...query, ...changes }).filter(([, value]) => value)) as Record<
    string,
    string
  >
  const hash = href(screen, param, next)
  if (hash === (unwritten?.hash ?? location.hash)) return
  write(hash)
  route.value = parse(hash)
  left.set(screen, next)
}

/** The address of a screen as it was when it was left. */
export function linkTo(screen: string, param = ''): string {
  return href(screen, param, left.get(screen) ?? {})
}

/** Follows the address; an unknown screen becomes *first*. At most one entry a screen is kept. */
export function startRouter(owned: Owned, known: readonly string[], first: string): void {
  owner = owned
  const follow = () => {
    const next = parse(location.hash)
    if (!known.includes(next.screen)) {
      history.replaceState(history.state, '', href(first))
      route.value = parse(location.hash)
      return
    }
    left.set(next.screen, next.query)
    route.value = next
  }
  owned.listen(window, 'hashchange', follow)
  follow()
}
