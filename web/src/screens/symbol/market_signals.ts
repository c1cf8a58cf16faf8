import { computed, ref } from 'vue'
import type { Owned } from '@/owned/owned'
import { useTopic } from '@/push/topic'
import { useResource } from '@/rest/resource'
import { signalBook } from '@/screens/signals/signal_book'
import type { SignalPage } from '@/wire/rest'
import { merged, MOST_MARKED } from './signal_places'

/** Of which market, and since when (ms). */
export interface Span {
  symbol: string
  fromMs: number
}

/**
 * The signals of a market since a moment, the newest first: the newest MOST_MARKED of the database, and what the topic
 * tells. A span of null asks nothing.
 */
export function useMarketSignals(owned: Owned, span: () => Span | null) {
  const history = useResource<SignalPage>(
    owned,
    () => {
      const wanted = span()
      if (!wanted) return null
      return {
        path: 'history/signals',
        query: { symbol: wanted.symbol, since_ms: wanted.fromMs, limit: MOST_MARKED },
      }
    },
    60_000,
  )
  const pushed = useTopic(
    owned,
    () => (span() ? 'signals' : null),
    (message) => signalBook.take(message),
  )
  const version = ref(signalBook.version)
  owned.frame(() => (version.value = signalBook.version))
  const rows = computed(() => {
    void version.value
    const wanted = span()
    return wanted ? merged(history.data.value?.signals ?? [], signalBook.newest, wanted.symbol, wanted.fromMs) : []
  })
  /** Whether nothing is known yet. */
  const isAwaited = computed(() => !history.data.value && !history.error.value)
  /** Why what is shown may lack something. */
  const flaw = computed(() => {
    if (history.error.value) return `what the database keeps is missing: ${history.error.value.message}`
    if (pushed.error.value) return `no new ones come: ${pushed.error.value.message}`
    return history.data.value?.note ?? ''
  })
  return { rows, isAwaited, flaw }
}
