/** How long to wait before attempt *n* (from 0), ms: 0.5 s doubled up to 30 s, less up to a half by chance. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(30_000, 500 * 2 ** Math.min(attempt, 10))
  return Math.max(500, full * (1 - 0.5 * random()))
}
