import { age } from '@/format/ages'
import { signed, UNKNOWN } from '@/format/numbers'

/** Which way a signal speaks, for eyes and for ears. */
export const SIDES: Record<string, { glyph: string; word: string; tone: string }> = {
  '1': { glyph: '▲', word: 'long', tone: 'up' },
  '-1': { glyph: '▼', word: 'short', tone: 'down' },
  '0': { glyph: '●', word: 'notice', tone: 'muted' },
}

const REASONS: Record<string, string> = {
  raised: 'it began',
  entered: 'its entry was touched',
  first_target: 'its first target was touched',
  last_target: 'its last target was touched',
  stop: 'its stop was touched',
  missed: 'its entry was not touched in time',
  passed: 'the price opened beyond its stop',
  over: 'its time was over',
  turned: 'the same rule said the opposite',
  gone: 'its market is not watched any more',
  crowded: 'there was no place to follow it',
  ceased: 'its condition is over',
  reversed: 'the opposite condition holds',
  time_to_live: 'its condition held for as long as it may',
  lost: 'what it reads is not known any more',
  left: 'its market is not watched any more',
}

/** Why a signal moved. */
export function reason(name: string): string {
  return REASONS[name] ?? name
}

/** A result in multiples of the risk: +1.92 R. */
export function inR(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : `${signed(value, 2)} R`
}

/** open_interest becomes open interest. */
export function plain(name: string): string {
  return name.replaceAll('_', ' ')
}

/** A figure as short as it says the same. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return UNKNOWN
  return Number(value.toPrecision(6)).toString().replace('-', '\u2212')
}

/** 5m, 1h, 24h. */
export function horizon(seconds: number): string {
  return seconds < 3600 ? `${Math.round(seconds / 60)}m` : `${Math.round(seconds / 3600)}h`
}

export function duration(seconds: number | null): string {
  return seconds === null ? UNKNOWN : age(seconds)
}
