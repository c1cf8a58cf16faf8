/** Where a structure leans, for eyes and for ears. */
export const LEANS: Record<string, { glyph: string; word: string; tone: string }> = {
  '1': { glyph: '▲', word: 'up', tone: 'up' },
  '-1': { glyph: '▼', word: 'down', tone: 'down' },
  '0': { glyph: '●', word: 'neither way', tone: 'muted' },
}

/** The events by their names, as support is tested or resistance broken, and mirrored. */
export const EVENTS: Readonly<Record<string, string>> = {
  PS: 'preliminary support',
  SC: 'selling climax',
  AR: 'automatic rally or reaction',
  ST: 'secondary test',
  SHAKEOUT: 'shakeout',
  SPRING: 'spring',
  TEST: 'test of a spring or upthrust',
  SOS: 'sign of strength',
  LPS: 'last point of support',
  BU: 'backup to the creek',
  PSY: 'preliminary supply',
  BC: 'buying climax',
  UT: 'upthrust',
  UTAD: 'upthrust after distribution',
  SOW: 'sign of weakness',
  LPSY: 'last point of supply',
  RTI: 'return to the ice',
}

export const PHASES: Readonly<Record<string, string>> = {
  A: 'the trend before is stopped',
  B: 'the cause is built',
  C: 'the range is tested',
  D: 'the range is left',
  E: 'the trend runs',
}

/** RE_ACCUMULATION is Re-accumulation, DISTRIBUTION_2 is Distribution 2. */
export function template(name: string): string {
  const text = name.toLowerCase().replace(/^re_/, 're-').replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A part of one in whole per cent. */
export function share(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '–' : `${Math.round(100 * value)} %`
}

/** Whether a longer timeframe leans the same way; null where one of the two leans nowhere. */
export function agrees(value: boolean | null): { text: string; tone: string } {
  if (value === null) return { text: '– nothing to compare with', tone: 'muted' }
  return value ? { text: '✓ agrees with', tone: 'good' } : { text: '✕ against', tone: 'warn' }
}
