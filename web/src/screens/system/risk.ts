import type { MemoryOwner } from '@/wire/rest'

/** How near an owner is to losing something, the worst first. */
export const LEVELS = ['over', 'critical', 'high', 'losing', 'room', 'full by design'] as const

export type Level = (typeof LEVELS)[number]

export interface Risk {
  level: Level
  /** The fuller of items and bytes, 0 to 1 and beyond. */
  fill: number
}

export const HIGH = 0.85
export const CRITICAL = 0.95
const BY_DESIGN = /^(overwrites|evicts|forgets|one entry a slot|keeps every other|is handed)/

/** Whether being full is what this owner is for: it makes room by itself, and allocates nothing more. */
export function isFullByDesign(owner: MemoryOwner): boolean {
  return BY_DESIGN.test(owner.policy)
}

/** *lostBefore* is what had been lost when this page began to watch. */
export function riskOf(owner: MemoryOwner, lostBefore = lost(owner)): Risk {
  const fill = Math.max(share(owner.used, owner.capacity), share(owner.bytes_used, owner.bytes_reserved))
  if (owner.bytes_used > owner.bytes_reserved) return { level: 'over', fill }
  if (isFullByDesign(owner)) return { level: 'full by design', fill }
  if (fill >= CRITICAL) return { level: 'critical', fill }
  if (fill >= HIGH) return { level: 'high', fill }
  return { level: lost(owner) > lostBefore ? 'losing' : 'room', fill }
}

/** What was turned away or thrown away, which nobody gets any more. */
export function lost(owner: MemoryOwner): number {
  return owner.dropped + owner.rejected
}

function share(used: number, capacity: number): number {
  return capacity > 0 ? used / capacity : 0
}

export interface RankedOwner {
  owner: MemoryOwner
  risk: Risk
}

/** By risk, the worst first; among equals the fuller, among those that are full by design the larger. */
export function ranked(owners: readonly MemoryOwner[], lostBefore: ReadonlyMap<string, number>): RankedOwner[] {
  return owners
    .map((owner) => ({ owner, risk: riskOf(owner, lostBefore.get(owner.owner)) }))
    .sort((a, b) => {
      const byLevel = LEVELS.indexOf(a.risk.level) - LEVELS.indexOf(b.risk.level)
      if (byLevel !== 0) return byLevel
      if (a.risk.level === 'full by design') return b.owner.bytes_reserved - a.owner.bytes_reserved
      return b.risk.fill - a.risk.fill || b.owner.bytes_reserved - a.owner.bytes_reserved
    })
}
