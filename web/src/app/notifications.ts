import { ref, shallowRef } from 'vue'
import { ledger } from '@/owned/ledger'
import type { Owned } from '@/owned/owned'
import { subscribe } from '@/push/topic'
import { keep, kept } from '@/settings/settings'
import type { PushedNotification } from '@/wire/push'
import { NotificationBook } from './notification_book'
import { notify, type Notice } from './notices'
import { go } from './router'

const KEY = 'tidemark.notifications'
const SHOWN_MS = 15_000
const MOST_SHOWN = 3
/** Of one message: more of them at once would only hide each other. */
const MOST_OF_SYSTEM = 3

export const notificationBook = new NotificationBook()
ledger.register('notifications', () => ({
  size: notificationBook.size,
  capacity: notificationBook.capacity,
  evicted: notificationBook.evicted,
}))

/** Changes with what was told. */
export const notificationVersion = ref(0)
/** What is shown over every screen now, the newest first, until a quarter of a minute after the newest. */
export const toasts = shallowRef<readonly PushedNotification[]>([])

export type SystemState = 'absent' | 'refused' | 'off' | 'on'
const isWanted = ref(kept(KEY, (value): value is boolean => typeof value === 'boolean', false))

/** Whether the system's own notifications are shown: they are only after the user has switched them on. */
export function systemState(): SystemState {
  if (typeof Notification === 'undefined' || !isSecureContext) return 'absent'
  if (Notification.permission === 'denied') return 'refused'
  return isWanted.value && Notification.permission === 'granted' ? 'on' : 'off'
}

/** Switches them on, for which the browser asks the user, or off; gives how it is then. */
export async function switchSystem(isOn: boolean): Promise<SystemState> {
  isWanted.value = isOn
  keep(KEY, isOn)
  if (isOn && systemState() === 'off') await Notification.requestPermission()
  return systemState()
}

export function dismiss(id: string): void {
  toasts.value = toasts.value.filter((one) => one.id !== id)
}

const KINDS: Record<string, Notice['kind']> = { info: 'note', warning: 'warning', critical: 'error' }

/** Shows what sinks push to browsers, whichever screen is open, for as long as *owned* lives. */
export function startNotifications(owned: Owned): void {
  let leave: () => void = () => undefined
  subscribe(owned, 'notifications', (message) => {
    const fresh = notificationBook.take(message)
    notificationVersion.value = notificationBook.version
    for (const one of fresh) notify(KINDS[one.severity] ?? 'note', one.title)
    if (fresh.length > 0) {
      toasts.value = [...[...fresh].reverse(), ...toasts.value].slice(0, MOST_SHOWN)
      leave()
      leave = owned.timeout(SHOWN_MS, () => (toasts.value = []))
    }
    if (systemState() === 'on' && !document.hasFocus()) fresh.slice(-MOST_OF_SYSTEM).forEach(tellSystem)
  })
}

function tellSystem(one: PushedNotification): void {
  try {
    const shown = new Notification(one.title, { body: one.text, tag: one.id })
    shown.onclick = () => {
      window.focus()
      go('alerts')
      shown.close()
    }
  } catch {
    // Some browsers have it for workers alone: the page itself shows it in any case.
    void switchSystem(false)
  }
}
