import { frames } from '@/owned/frames'
import { ledger, type Store } from '@/owned/ledger'
import { link } from '@/push/link'

/** Chromium tells these; other browsers do not. */
interface HeapFigures {
  usedJSHeapSize: number
  totalJSHeapSize: number
  jsHeapSizeLimit: number
}

/** What this tab holds, in the words of the server's ledger. */
export interface TabReport {
  heap: HeapFigures | null
  nodes: number
  held: Record<string, number>
  stores: Record<string, Store>
  push: {
    isOpen: boolean
    topics: number
    messages: number
    bytes: number
    reconnects: number
    holes: number
    errors: number
    /** What the server warned of, or refused, last. */
    warning: string
    lastMessageMs: number
  }
  frames: { drawn: number; rate: number; lastMs: number; meanMs: number; longestMs: number }
}

export function tabReport(): TabReport {
  const { memory } = performance as Performance & { memory?: HeapFigures }
  const heap = memory
    ? {
        usedJSHeapSize: memory.usedJSHeapSize,
        totalJSHeapSize: memory.totalJSHeapSize,
        jsHeapSizeLimit: memory.jsHeapSizeLimit,
      }
    : null
  return {
    heap,
    nodes: document.getElementsByTagName('*').length,
    held: { ...ledger.held },
    stores: ledger.stores(),
    push: {
      isOpen: link.isOpen,
      topics: link.topicCount,
      messages: link.messages,
      bytes: link.bytes,
      reconnects: link.reconnects,
      holes: link.holes,
      errors: link.errors,
      warning: link.warning,
      lastMessageMs: link.lastMessageMs,
    },
    frames: {
      drawn: frames.drawn,
      rate: frames.rate,
      lastMs: frames.lastMs,
      meanMs: frames.meanMs,
      longestMs: frames.longestMs,
    },
  }
}

/** Of the lookups in a store, how many found what they looked for; NaN for one that is not a cache. */
export function hitRate(store: Store): number {
  const { hits, misses } = store
  return hits === undefined || misses === undefined ? NaN : hits / (hits + misses)
}

/** What a store has let go, for want of room, for its age or because it arrived too fast. */
export function givenUp(store: Store): number {
  return (store.evicted ?? 0) + (store.expired ?? 0) + (store.dropped ?? 0)
}
