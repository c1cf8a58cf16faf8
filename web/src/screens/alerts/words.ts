import type { SinkRow } from '@/wire/rest'

/** How severe something is, for eyes and for ears. */
export const SEVERITIES: Record<string, { glyph: string; tone: string }> = {
  info: { glyph: '●', tone: 'muted' },
  warning: { glyph: '▲', tone: 'warn' },
  critical: { glyph: '✕', tone: 'bad' },
}

/** How a sink is, in a word. */
export function standing(sink: SinkRow): { word: string; glyph: string; tone: string } {
  if (sink.failure) return { word: 'failing', glyph: '✕', tone: 'bad' }
  if (sink.dead > 0) return { word: 'has dead letters', glyph: '▲', tone: 'warn' }
  if (sink.pending > 0) return { word: 'sending', glyph: '◐', tone: 'muted' }
  return sink.sent > 0 ? { word: 'well', glyph: '●', tone: 'good' } : { word: 'nothing sent yet', glyph: '◌', tone: 'muted' }
}

const DASHBOARD = /#\/(alerts|symbol\/[^/?#\s]+)$/

/** Where on this dashboard a notification leads to, from the link that was sent with it. */
export function placeOf(link: string | null): string {
  return DASHBOARD.exec(link ?? '')?.[0] ?? '#/alerts'
}
