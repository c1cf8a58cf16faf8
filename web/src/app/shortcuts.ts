import { shallowReactive } from 'vue'
import { type Owned } from '@/owned/owned'
import { settings } from '@/settings/settings'

export interface Shortcut {
  /** `/`, `g m`, `Space`, `ArrowUp`: keys as `KeyboardEvent.key` has them, one after the other. */
  keys: string
  title: string
  group: string
  act: (event: KeyboardEvent) => void
}

const SEQUENCE_MS = 1200
/** Bounded by what the mounted components own. */
const shortcuts = shallowReactive(new Set<Shortcut>())

/** The shortcuts of this moment: the newest of a key comes first, and wins. */
export function activeShortcuts(): Shortcut[] {
  const seen = new Set<string>()
  return [...shortcuts].reverse().filter((one) => !seen.has(one.keys) && seen.add(one.keys))
}

/** Shortcuts for as long as *owned* lives. They can be switched off, and rest while something is typed. */
export function useShortcuts(owned: Owned, given: readonly Shortcut[]): void {
  for (const one of given) {
    shortcuts.add(one)
    owned.own('keys', () => shortcuts.delete(one))
  }
}

/** Whether keys go into a text that is being written, or to a control that has a use for them. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable) return true
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type)
}

export function startShortcuts(owned: Owned): void {
  let before = ''
  let beforeAt = -Infinity
  owned.listen<KeyboardEvent>(window, 'keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    if (!settings.areKeysOn || isTyping(event.target) || document.querySelector('dialog[open]')) return
    const key = event.key === ' ' ? 'Space' : event.key
    if (key === 'Space' && event.target instanceof HTMLElement && event.target.closest('button, a, summary')) return
    const now = event.timeStamp
    const active = activeShortcuts()
    const sequence = now - beforeAt < SEQUENCE_MS ? `${before} ${key}` : key
    const found = active.find((one) => one.keys === sequence) ?? active.find((one) => one.keys === key)
    before = ''
    if (found) {
      event.preventDefault()
      found.act(event)
    } else if (active.some((one) => one.keys.startsWith(`${key} `))) {
      before = key
      beforeAt = now
    }
  })
}
