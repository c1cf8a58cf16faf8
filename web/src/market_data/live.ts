import { ref, shallowRef } from 'vue'
import { announce } from '@/app/announcer'
import { frames } from '@/owned/frames'
import { ledger } from '@/owned/ledger'
import { type Owned } from '@/owned/owned'
import { link } from '@/push/link'
import { subscribe } from '@/push/topic'
import type { HealthMessage } from '@/wire/push'
import { serverClock } from './clock'
import { MarketColumns } from './columns'
import { Turns } from './turns'

/** The figures of all markets. Not reactive: read it in a frame. */
export const market = new MarketColumns()
export const turns = new Turns()
/** Changes when markets join or leave. */
export const universe = ref(-1)
/** The newest state of the process that watches. */
export const health = shallowRef<HealthMessage | null>(null)
/** The memory of the process over about the last four minutes (bytes), oldest first; NaN before that. */
export const rssHistory = new Float64Array(240).fill(NaN)

/** Subscribes to what every screen needs, for as long as *owned* lives. */
export function startMarket(owned: Owned): void {
  subscribe(owned, 'overview', (message) => {
    serverClock.observe(message.ts)
    if (message.type === 'snapshot') {
      market.snapshot(message)
      if (universe.value !== market.universe) universe.value = market.universe
    } else {
      market.delta(message, performance.now())
    }
    const turned = turns.look(market).filter((turn) => turn.side !== 'neutral')
    if (turned.length > 0) {
      const [first] = turned
      const rest = turned.length > 1 ? `, and ${turned.length - 1} more` : ''
      announce(`${first.symbol} turned ${first.side}, score ${Math.round(first.score)}${rest}`)
    }
    frames.ask()
  })
  subscribe(owned, 'health', (message) => {
    health.value = message
    rssHistory.copyWithin(0, 1)
    rssHistory[rssHistory.length - 1] = message.figures?.rss ?? NaN
    frames.ask()
  })
  ledger.register('markets', () => ({ size: market.size, capacity: market.size }))
  ledger.register('turns', () => ({ size: turns.log.size, capacity: turns.log.capacity, dropped: turns.log.dropped }))
}

export interface Freshness {
  word: 'waiting' | 'live' | 'delayed' | 'stale' | 'disconnected'
  glyph: string
  /** Of the newest trade of any market; NaN before the first. */
  ageS: number
  /** Why it is not live. */
  why: string
  /** Until the next attempt to connect; 0 while connected. */
  retryS: number
}

export const DELAYED_S = 2.5
export const STALE_S = 10

/** How old the newest figures are, whatever the socket says. */
export function freshness(): Freshness {
  const ageS = market.newestTradeMs > 0 ? Math.max(0, (serverClock.now() - market.newestTradeMs) / 1000) : NaN
  const retryS = link.retryAtMs > 0 ? Math.max(0, (link.retryAtMs - Date.now()) / 1000) : 0
  const isLost = !link.isOpen
  if (Number.isNaN(ageS)) {
    const why = isLost ? link.reason || 'connecting' : 'the first trades are awaited'
    return { word: isLost && link.reason ? 'disconnected' : 'waiting', glyph: isLost ? '✕' : '◌', ageS, why, retryS }
  }
  if (ageS < DELAYED_S) return { word: 'live', glyph: '●', ageS, why: '', retryS }
  if (isLost) return { word: 'disconnected', glyph: '✕', ageS, why: link.reason, retryS }
  const quietS = (serverClock.now() - market.sentMs) / 1000
  const why =
    quietS > DELAYED_S
      ? 'connected, but the server sends no figures'
      : 'the server answers, but no trade of any market reaches it'
  return ageS < STALE_S ? { word: 'delayed', glyph: '◐', ageS, why, retryS } : { word: 'stale', glyph: '○', ageS, why, retryS }
}
