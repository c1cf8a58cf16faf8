import type { MemoryOwner } from '@/wire/rest'

export function owner(given: Partial<MemoryOwner>): MemoryOwner {
  return {
    owner: 'one',
    kind: 'map',
    policy: 'refuses the next one, retryably',
    capacity: 100,
    used: 0,
    peak: 0,
    bytes_reserved: 1000,
    bytes_used: 0,
    evicted: 0,
    dropped: 0,
    rejected: 0,
    coalesced: 0,
    ...given,
  }
}
