import { shallowRef, triggerRef } from 'vue'
import { ledger } from '@/owned/ledger'
import { Recent } from '@/owned/recent'
import { announce } from './announcer'

export interface Notice {
  atMs: number
  kind: 'note' | 'warning' | 'error'
  text: string
}

const log = new Recent<Notice>(100, 24 * 3_600_000)
ledger.register('notices', () => ({ size: log.size, capacity: log.capacity, dropped: log.dropped }))

/** What happened to this dashboard: the last 100 notices of a day, newest first. */
export const notices = shallowRef(log)

export function notify(kind: Notice['kind'], text: string): void {
  log.add({ atMs: Date.now(), kind, text })
  triggerRef(notices)
  announce(text)
}

export function forgetNotices(): void {
  log.clear()
  triggerRef(notices)
}
