import type { useResource } from '@/rest/resource'
import type { RestError } from '@/rest/client'
import type { Dated } from '@/wire/rest'

/** What a resource says at this moment, for a part of the screen. */
export interface Told<T> {
  state: 'loading' | 'ready' | 'error' | 'stale'
  error: RestError | null
  failedSinceMs: number
  data: T | null
}

export function told<T extends Dated>(resource: ReturnType<typeof useResource<T>>): Told<T> {
  return {
    state: resource.state.value,
    error: resource.error.value,
    failedSinceMs: resource.failedSinceMs.value,
    data: resource.data.value,
  }
}
