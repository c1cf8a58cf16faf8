import { computed, ref } from 'vue'
import type { Owned } from '@/owned/owned'
import { useTopic } from '@/push/topic'
import type { UnderWay } from '@/wire/rest'
import { isAtWork } from './words'

/** What has just been begun is told of within this time. */
const TOLD_MS = 10_000

/** What is known of a run that was begun and not told of yet. */
export function justBegun(id: string): UnderWay {
  return {
    id, name: id, state: 'waiting', strategy: '', data: '', done: 0, candles: null, trips: 0, begun_ms: null,
    eta_ms: null, error: null,
  }
}

/** What of *running* is at work or waits, and the run of id *begun* while it is not among them; '' is none. */
export function workingOf(running: readonly UnderWay[], begun: string): UnderWay[] {
  const working = running.filter((one) => isAtWork(one.state))
  const isTold = begun === '' || running.some((one) => one.id === begun)
  return isTold ? working : [...working, justBegun(begun)]
}

/**
 * The runs that are at work or wait, as they are told; `moved` grows with each that begins or ends, so that what the
 * database says of them is asked for again. `isTold`: whether the server has said anything yet.
 */
export function useAtWork(owned: Owned) {
  const moved = ref(0)
  const begun = ref('')
  let known = ''
  const { message } = useTopic(owned, 'backtests', ({ running }) => {
    const now = running.map(({ id, state }) => `${id} ${state}`).join()
    if (now === known) return
    known = now
    moved.value += 1
  })
  const working = computed(() => workingOf(message.value?.running ?? [], begun.value))
  const isTold = computed(() => message.value !== null)

  /** Takes the run of that id for one that waits, until it is told of. */
  function begin(id: string): void {
    begun.value = id
    owned.timeout(TOLD_MS, () => {
      if (begun.value === id) begun.value = ''
    })
  }

  return { working, moved, isTold, begin }
}
