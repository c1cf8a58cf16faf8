import { settings } from '@/settings/settings'
import { UNKNOWN } from './numbers'

/** 0.3 s, 31 s, 12 m, 2 h 10 m, 6 d: two figures at most. */
export function age(seconds: number): string {
  if (!Number.isFinite(seconds)) return UNKNOWN
  const s = Math.max(0, seconds)
  if (s < 9.95) return `${s.toFixed(1)} s`
  if (s < 120) return `${Math.round(s)} s`
  const minutes = Math.floor(s / 60)
  if (minutes < 120) return `${minutes} m`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, '0')} m`
  const days = Math.floor(hours / 24)
  return days < 10 && hours % 24 > 0 ? `${days} d ${hours % 24} h` : `${days} d`
}

/** As `age`, but in whole seconds: for a column of them, which would flicker otherwise. */
export function calmAge(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds >= 9.95) return age(seconds)
  return seconds < 1 ? '<1 s' : `${Math.floor(seconds)} s`
}

/** 12:41:07, in UTC unless the user wants the local time. */
export function clock(ms: number, withSeconds = true): string {
  if (!Number.isFinite(ms)) return UNKNOWN
  const at = new Date(ms)
  const parts =
    settings.clock === 'utc'
      ? [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()]
      : [at.getHours(), at.getMinutes(), at.getSeconds()]
  return parts
    .slice(0, withSeconds ? 3 : 2)
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

/** 2026-06-28 12:41 */
export function date(ms: number): string {
  if (!Number.isFinite(ms)) return UNKNOWN
  const at = new Date(ms)
  const shifted = settings.clock === 'utc' ? at : new Date(ms - at.getTimezoneOffset() * 60_000)
  return shifted.toISOString().slice(0, 16).replace('T', ' ')
}

const DAY_S = 86_400

/** What stands under a mark of a time axis whose next one is *stepS* later: 12:41, 06-28 or 2026-06. */
export function timeMark(ms: number, stepS: number): string {
  if (stepS < DAY_S) return clock(ms, false)
  return stepS < 28 * DAY_S ? date(ms).slice(5, 10) : date(ms).slice(0, 7)
}
