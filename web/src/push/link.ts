import { computed, shallowRef, triggerRef } from 'vue'
import { ledger } from '@/owned/ledger'
import { accessToken } from '@/rest/access'
import { PushClient, type Socket } from './client'

const url = () => new URL('ws', document.baseURI).href.replace(/^http/, 'ws')

/** The one push connection of this tab. */
export const link = new PushClient({
  open: () => new WebSocket(url()) as unknown as Socket,
  now: () => Date.now(),
  later: (ms, act) => {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
  soon: (act) => {
    // Not in a frame: most messages come between two drawings, and each frame that is asked for is paid for.
    if (document.hidden) queueMicrotask(act)
    else setTimeout(act)
  },
  random: Math.random,
  token: accessToken,
})

/** Changes with the state of the connection; read with `link`. */
export const linkState = shallowRef(link)
/** Why nothing is pushed; null while the connection stands, and without words while the first is being made. */
export const linkError = computed(() => (linkState.value.isOpen ? null : new Error(linkState.value.reason)))

/** Opens the connection and watches what may bring it back: the network, the tab, the machine. */
export function startLink(): void {
  link.watch(() => triggerRef(linkState))
  addEventListener('online', () => link.retry())
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) link.retry()
  })
  ledger.register('messages', () => ({
    size: link.buffer.size,
    capacity: link.buffer.capacity,
    bytes: link.buffer.bytes,
    max_bytes: link.buffer.maxBytes,
    peak: link.buffer.peak,
    dropped: link.buffer.dropped,
    received: link.messages,
    received_bytes: link.bytes,
    reconnects: link.reconnects,
    holes: link.holes,
    errors: link.errors,
  }))
  ledger.register('handlers', () => ({ size: link.subscriptions, capacity: 50 * Math.max(1, link.topicCount) }))
  link.start()
}
