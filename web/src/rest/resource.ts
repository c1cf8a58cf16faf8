import { computed, ref, shallowRef, toValue, watch, type MaybeRefOrGetter } from 'vue'
import { type Owned } from '@/owned/owned'
import type { Dated } from '@/wire/rest'
import { get, RestError, type Query } from './client'

export interface Request {
  path: string
  query?: Query
}

/**
 * What a REST path answers, kept up to date: asked again whenever *request* changes and every *everyMs*.
 *
 * `data` stays when a later request fails: `error` stands beside it with the age of what is still shown. A request of
 * null asks nothing. Only the answer to the newest request counts.
 */
export function useResource<T extends Dated>(
  owned: Owned,
  request: MaybeRefOrGetter<Request | null>,
  everyMs = 0,
) {
  const data = shallowRef<T | null>(null)
  const error = shallowRef<RestError | null>(null)
  const failedSinceMs = ref(0)
  const isLoading = ref(false)
  let newest = 0
  let cancel: (() => void) | null = null

  async function load(): Promise<void> {
    const wanted = toValue(request)
    cancel?.()
    newest += 1
    if (!wanted || owned.isEnded) return
    const number = newest
    const { signal, done, cancel: abort } = owned.request()
    cancel = abort
    isLoading.value = true
    try {
      const body = await get<T>(wanted.path, wanted.query ?? {}, signal)
      if (number !== newest) return
      data.value = body
      error.value = null
      failedSinceMs.value = 0
    } catch (caught) {
      if (number !== newest || owned.isEnded) return
      error.value =
        caught instanceof RestError
          ? caught
          : new RestError('GET', wanted.path, { title: 'Failed', status: 0, detail: String(caught) }, true)
      failedSinceMs.value ||= Date.now()
    } finally {
      done()
      if (number === newest) isLoading.value = false
    }
  }

  watch(
    () => JSON.stringify(toValue(request)),
    (after, before) => {
      if (before !== undefined && after !== before) data.value = null
      error.value = null
      void load()
    },
    { immediate: true },
  )
  if (everyMs > 0) {
    owned.interval(everyMs, () => {
      if (!document.hidden && !isLoading.value) void load()
    })
  }
  const state = computed(() =>
    data.value ? (error.value ? 'stale' : 'ready') : error.value ? 'error' : 'loading',
  )
  return { data, error, failedSinceMs, isLoading, state, reload: load }
}
