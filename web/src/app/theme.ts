import { ref, watchEffect } from 'vue'
import type { Owned } from '@/owned/owned'
import { settings } from '@/settings/settings'

/** Counts changes of the colours, so that what is drawn on a canvas is drawn again. */
export const paletteVersion = ref(0)
/** What was read of the root element since the colours changed: to read it there makes the browser lay out the page. */
const read = new Map<string, string>()

/** Whether nothing should glide or fade. */
export const isMotionReduced = ref(false)

/** Puts theme, colours, density and motion on the root element and follows the system where that is wanted. */
export function startTheme(owned: Owned): void {
  const isSystemLight = ref(false)
  owned.media('(prefers-color-scheme: light)', (matches) => (isSystemLight.value = matches))
  const isSystemReduced = ref(false)
  owned.media('(prefers-reduced-motion: reduce)', (matches) => (isSystemReduced.value = matches))
  watchEffect(() => {
    const { motion } = settings
    isMotionReduced.value = motion === 'reduced' || (motion === 'system' && isSystemReduced.value)
    document.documentElement.dataset.motion = isMotionReduced.value ? 'reduced' : 'full'
  })
  watchEffect(() => {
    const root = document.documentElement
    root.dataset.theme =
      settings.theme === 'system' ? (isSystemLight.value ? 'light' : 'dark') : settings.theme
    root.dataset.colours = settings.colours
    root.dataset.density = settings.density
    read.clear()
    paletteVersion.value += 1
  })
}

export function toggleTheme(): void {
  settings.theme = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'
}

/** The colours of this moment, by the name of their custom property without its dashes. */
export function colour(name: string): string {
  let found = read.get(name)
  if (found === undefined) {
    found = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
    read.set(name, found)
  }
  return found
}

/** The font of the page in *px*, for a canvas. */
export function font(px: number): string {
  return `${px}px ${colour('font')}`
}

/** Height of a row in the grid (px). */
export function rowHeight(): number {
  return settings.density === 'dense' ? 24 : settings.density === 'roomy' ? 32 : 26
}
