import { reactive, watch } from 'vue'
import { frames } from '@/owned/frames'
import type { BufferPolicy } from '@/push/buffer'
import { link } from '@/push/link'

/** What a user chose for this browser. */
export interface ClientSettings {
  theme: 'system' | 'dark' | 'light'
  /** Rising / falling. */
  colours: 'blue-orange' | 'green-red' | 'red-green'
  density: 'dense' | 'normal' | 'roomy'
  /** Whether anything may glide or fade. */
  motion: 'system' | 'full' | 'reduced'
  /** Frames a second in which figures may change. */
  refreshRate: 1 | 2 | 4
  /** Single-key shortcuts. */
  areKeysOn: boolean
  bufferPolicy: BufferPolicy
  clock: 'utc' | 'local'
}

export const DEFAULTS: Readonly<ClientSettings> = {
  theme: 'system',
  colours: 'blue-orange',
  density: 'normal',
  motion: 'system',
  refreshRate: 4,
  areKeysOn: true,
  bufferPolicy: 'fifo',
  clock: 'utc',
}

/** What each setting may be; everything else that a browser has kept is ignored. */
export const ALLOWED: { readonly [K in keyof ClientSettings]: readonly ClientSettings[K][] } = {
  theme: ['system', 'dark', 'light'],
  colours: ['blue-orange', 'green-red', 'red-green'],
  density: ['dense', 'normal', 'roomy'],
  motion: ['system', 'full', 'reduced'],
  refreshRate: [1, 2, 4],
  areKeysOn: [true, false],
  bufferPolicy: ['fifo', 'priority', 'discard'],
  clock: ['utc', 'local'],
}

const KEY = 'tidemark.settings'

/** The settings that *text* holds, defaults for what it lacks or what is not allowed. */
export function readSettings(text: string | null): ClientSettings {
  const found: ClientSettings = { ...DEFAULTS }
  let kept: unknown
  try {
    kept = JSON.parse(text ?? '{}')
  } catch {
    return found
  }
  if (typeof kept !== 'object' || kept === null) return found
  for (const key of Object.keys(ALLOWED) as (keyof ClientSettings)[]) {
    const value = (kept as Record<string, unknown>)[key]
    if ((ALLOWED[key] as readonly unknown[]).includes(value)) Object.assign(found, { [key]: value })
  }
  return found
}

export const settings = reactive(readSettings(localStorage.getItem(KEY)))

/** Keeps the settings and lets what reads them outside of components follow. */
export function startSettings(): void {
  watch(
    settings,
    () => {
      frames.rate = settings.refreshRate
      link.policy = settings.bufferPolicy
      keep(KEY, settings)
    },
    { immediate: true },
  )
}

/** Keeps a value under a name in this browser; a full or forbidden storage loses it and nothing else. */
export function keep(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    return
  }
}

/** A value kept under a name, if it is what *isValid* says. */
export function kept<T>(key: string, isValid: (value: unknown) => value is T, otherwise: T): T {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
    return isValid(value) ? value : otherwise
  } catch {
    return otherwise
  }
}
