import type { Settings } from '@/wire/rest'

export type Setting = Settings['settings'][number]

/** Whether somebody said something else than the default. */
export function isSet(setting: Setting): boolean {
  return setting.source !== 'default'
}

/** Those in which every word of *text* occurs, in whatever field. */
export function matchingSettings(settings: readonly Setting[], text: string, onlySet: boolean): Setting[] {
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean)
  return settings.filter((one) => {
    if (onlySet && !isSet(one)) return false
    const all = `${one.key} ${one.value} ${one.source} ${one.allowed} ${one.description}`.toLowerCase()
    return words.every((word) => all.includes(word))
  })
}

/** By the first part of their keys, in the order in which they came. */
export function bySection(settings: readonly Setting[]): { section: string; settings: Setting[] }[] {
  const found = new Map<string, Setting[]>()
  for (const one of settings) {
    const section = one.key.split('.')[0]
    found.set(section, [...(found.get(section) ?? []), one])
  }
  return [...found].map(([section, list]) => ({ section, settings: list }))
}

/** The environment variable that sets a key. */
export function variableOf(key: string): string {
  return `TIDEMARK_${key.toUpperCase().replaceAll('.', '_')}`
}
