import { ref, shallowRef } from 'vue'
import { type Owned } from '@/owned/owned'
import type { Dated } from '@/wire/rest'
import { post, RestError } from './client'

/**
 * Has something done at a REST path: `run` posts what is asked, one at a time, and gives the answer; null where it
 * failed, which `error` then says, or where one runs already. Nothing is tried again by itself.
 */
export function useAction<T extends Dated>(owned: Owned, path: string) {
  const isRunning = ref(false)
  const error = shallowRef<RestError | null>(null)

  async function run(asked: object): Promise<T | null> {
    if (isRunning.value || owned.isEnded) return null
    const { signal, done } = owned.request()
    isRunning.value = true
    error.value = null
    try {
      return await post<T>(path, asked, signal)
    } catch (caught) {
      if (owned.isEnded) return null
      error.value =
        caught instanceof RestError
          ? caught
          : new RestError('POST', path, { title: 'Failed', status: 0, detail: String(caught) }, true)
      return null
    } finally {
      done()
      isRunning.value = false
    }
  }

  return { run, isRunning, error }
}
