import type { Quality } from '@/wire/rest'

export const STATES = ['live', 'polled', 'waiting', 'stale', 'gap'] as const

export interface ChannelCount {
  channel: string
  counts: Record<string, number>
  /** Markets whose channel is stale or in a gap, at most *most*. */
  ill: string[]
}

/** How many markets stand how, channel by channel. */
export function countChannels(quality: Quality, most = 12): ChannelCount[] {
  return quality.subscribed.map((channel) => {
    const counts: Record<string, number> = Object.fromEntries(STATES.map((state) => [state, 0]))
    const ill: string[] = []
    for (const { symbol, channels } of quality.markets) {
      const state = channels[channel]
      if (state === undefined) continue
      counts[state] = (counts[state] ?? 0) + 1
      if ((state === 'stale' || state === 'gap') && ill.length < most) ill.push(symbol)
    }
    return { channel, counts, ill }
  })
}
