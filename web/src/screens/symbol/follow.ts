import { shallowRef, toValue, watch, type MaybeRefOrGetter, type ShallowRef } from 'vue'
import { frames } from '@/owned/frames'
import { type Owned } from '@/owned/owned'
import { subscribe } from '@/push/topic'
import type { TopicMessage } from '@/wire/push'

/**
 * The newest message of a topic that may change, null before the first; it moves on in frames, not while hidden.
 *
 * *act* gets every message, as it comes.
 */
export function useTopic<M extends TopicMessage>(
  owned: Owned,
  topic: MaybeRefOrGetter<string | null>,
  act: (message: M) => void = () => undefined,
): ShallowRef<M | null> {
  const shown: ShallowRef<M | null> = shallowRef(null)
  let newest: M | null = null
  let leave: () => void = () => undefined
  watch(
    () => toValue(topic),
    (name) => {
      leave()
      shown.value = newest = null
      if (!name) return
      leave = subscribe<M>(owned, name, (message) => {
        newest = message
        act(message)
        frames.ask()
      })
    },
    { immediate: true },
  )
  owned.frame(() => {
    if (newest !== shown.value) shown.value = newest
  })
  return shown
}
