import type { ComponentReading, Explanation, FactorReading } from '@/wire/rest'
import { ENTER, LEAVE, type Side } from './sides'

/** A factor and the component that it belongs to. */
export interface Ground {
  component: string
  factor: FactorReading
}

/** Fewer points than this are not worth a line. */
const LEAST_POINTS = 0.05

export interface Reasons {
  /** Where the score leans; none at about 50, or where it is not known. */
  lean: 'up' | 'down' | 'none'
  supports: Ground[]
  opposes: Ground[]
}

/** A way to another side: which readings would have to turn neutral, the heaviest first. */
export interface Flip {
  to: Side
  threshold: number
  /** Points between the score and the threshold. */
  distance: number
  turns: Ground[]
  /** The score when all of `turns` are neutral. */
  after: number
  isReached: boolean
}

/** Every factor, the one with the most points first. */
export function grounds(components: readonly ComponentReading[]): Ground[] {
  return components
    .flatMap(({ name, factors }) => factors.map((factor) => ({ component: name, factor })))
    .sort((a, b) => Math.abs(b.factor.points) - Math.abs(a.factor.points))
}

/** What speaks for the side on which the score leans, and what against it: at most *most* of each. */
export function reasons(explanation: Explanation, most = 3): Reasons {
  const { score } = explanation
  const all = grounds(explanation.components).filter(({ factor }) => Math.abs(factor.points) >= LEAST_POINTS)
  const ups = all.filter(({ factor }) => factor.points > 0).slice(0, most)
  const downs = all.filter(({ factor }) => factor.points < 0).slice(0, most)
  if (score === null || Math.round(score) === 50) return { lean: 'none', supports: ups, opposes: downs }
  return score > 50 ? { lean: 'up', supports: ups, opposes: downs } : { lean: 'down', supports: downs, opposes: ups }
}

/**
 * What would change the side: for long and short the way back to neutral, for neutral the ways to both.
 *
 * A reading that turns neutral takes its points with it; the weights of the others are taken as they are.
 */
export function flips(explanation: Explanation, side: Side, most = 4): Flip[] {
  const { score } = explanation
  if (score === null || side === 'unknown') return []
  const all = grounds(explanation.components)
  if (side === 'long') return [way(all, score, 'neutral', LEAVE, -1, most)]
  if (side === 'short') return [way(all, score, 'neutral', 100 - LEAVE, 1, most)]
  return [way(all, score, 'long', ENTER, 1, most), way(all, score, 'short', 100 - ENTER, -1, most)]
}

function way(all: Ground[], score: number, to: Side, threshold: number, by: 1 | -1, most: number): Flip {
  const turns: Ground[] = []
  let after = score
  const isThere = () => (by > 0 ? after >= threshold : to === 'neutral' ? after < threshold : after <= threshold)
  for (const ground of all) {
    if (isThere() || turns.length === most) break
    if (Math.sign(ground.factor.points) !== -by || Math.abs(ground.factor.points) < LEAST_POINTS) continue
    turns.push(ground)
    after -= ground.factor.points
  }
  return { to, threshold, distance: Math.abs(threshold - score), turns, after, isReached: isThere() }
}

/** The sentence of a factor without the points and the title that stand beside it. */
export function plain(factor: FactorReading): string {
  const at = factor.sentence.indexOf(factor.title)
  const colon = at < 0 ? -1 : factor.sentence.indexOf(': ', at + factor.title.length)
  if (colon < 0) return factor.sentence
  const where = factor.sentence.slice(at + factor.title.length, colon).trim()
  const text = factor.sentence.slice(colon + 2)
  return where ? `${where}: ${text}` : text
}

/** order_flow is Order flow. */
export function titled(name: string): string {
  const text = name.replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
