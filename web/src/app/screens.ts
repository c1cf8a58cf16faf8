import { defineAsyncComponent, type Component } from 'vue'

/** What a screen says of itself in `screens/<name>/screen.ts`, its default export. */
export interface ScreenInfo {
  title: string
  /** Goes there after `g`. */
  key: string
  /** Its place in the navigation. */
  order: number
  /** It shows one symbol: `#/<name>/<symbol>`. */
  hasSymbol?: boolean
  /** What else of it can be gone to at once, by the palette: what its address asks then. */
  pages?: readonly { title: string; query: Readonly<Record<string, string>> }[]
}

export interface Screen extends ScreenInfo {
  name: string
  component: Component
}

const infos = import.meta.glob<ScreenInfo>('../screens/*/screen.ts', { eager: true, import: 'default' })
const components = import.meta.glob<{ default: Component }>('../screens/*/Screen.vue')

/** Begins to load a screen, so that it comes while the shell is built. */
export function preload(name: string): void {
  void components[`../screens/${name}/Screen.vue`]?.().catch(() => undefined)
}

/** Every folder of `screens/` that has a `Screen.vue` and a `screen.ts`, in the order of the navigation. */
export const screens: readonly Screen[] = Object.entries(infos)
  .map(([path, info]) => {
    const load = components[path.replace('screen.ts', 'Screen.vue')]
    const name = path.split('/').at(-2) ?? ''
    return { ...info, name, load }
  })
  .filter((screen) => screen.load !== undefined && screen.name !== '')
  .map(({ load, ...screen }) => ({ ...screen, component: defineAsyncComponent({ loader: load, delay: 0 }) }))
  .sort((a, b) => a.order - b.order)
