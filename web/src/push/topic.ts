import { computed, ref, shallowRef, toValue, watch, type ComputedRef, type MaybeRefOrGetter } from 'vue'
import { frames } from '@/owned/frames'
import { type Owned } from '@/owned/owned'
import type { TopicName, Topics } from '@/wire/push'
import { link, linkError } from './link'

/** How a part of a screen stands that shows what is pushed; `state` and `error` are what `Panel` takes. */
export interface Standing {
  state: ComputedRef<'loading' | 'ready' | 'error' | 'stale'>
  error: ComputedRef<Error | null>
}

/**
 * Subscribes for as long as *owned* lives. *act* gets a snapshot first, then deltas without a hole between them;
 * *onProblem* why there is no such topic, or why it has ended.
 */
export function subscribe<T extends TopicName>(
  owned: Owned,
  topic: T,
  act: (message: Topics[T]) => void,
  onProblem?: (detail: string) => void,
): () => void {
  return owned.own('subscriptions', link.subscribe(topic, (message) => act(message as Topics[T]), onProblem))
}

/** How what was pushed stands: old while the connection is lost, failed when there is nothing to show and a reason. */
export function standing(newest: MaybeRefOrGetter<unknown>, problem: MaybeRefOrGetter<string> = ''): Standing {
  const error = computed(() => {
    const told = toValue(problem)
    return told ? new Error(told) : linkError.value
  })
  const state = computed(() => {
    if (toValue(newest)) return error.value ? 'stale' : 'ready'
    return error.value?.message ? 'error' : 'loading'
  })
  return { state, error }
}

/**
 * The newest message of a topic that may change, null before the first; it moves on in frames, not while hidden.
 *
 * *act* gets every message, as it comes.
 */
export function useTopic<T extends TopicName>(
  owned: Owned,
  topic: MaybeRefOrGetter<T | null>,
  act: (message: Topics[T]) => void = () => undefined,
) {
  const message = shallowRef<Topics[T] | null>(null)
  const problem = ref('')
  let newest: Topics[T] | null = null
  let leave: () => void = () => undefined
  watch(
    () => toValue(topic),
    (name) => {
      leave()
      leave = () => undefined
      message.value = newest = null
      problem.value = ''
      if (!name) return
      leave = subscribe(
        owned,
        name,
        (told) => {
          newest = told
          problem.value = ''
          act(told)
          // Where nothing is shown yet, nothing is gained by waiting for the rate of the frames.
          frames.ask(message.value === null)
        },
        (detail) => (problem.value = detail),
      )
    },
    { immediate: true },
  )
  owned.frame(() => {
    if (newest !== message.value) message.value = newest
  })
  return { message, ...standing(message, problem) }
}
