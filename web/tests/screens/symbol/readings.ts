import type { ComponentReading, Explanation, FactorReading } from '@/wire/rest'

export function factor(name: string, points: number, flips = `${name} neutral`): FactorReading {
  return {
    name,
    title: name.toUpperCase(),
    group: name,
    points,
    direction: Math.sign(points),
    quality: 1,
    value: 2,
    usual: 1,
    unit: '',
    age_s: 1,
    sentence: `${points.toFixed(2)} ${name.toUpperCase()} in 1m: it says so: 2 of 1, 1s old`,
    flips,
    timeframes: [],
  }
}

export function component(name: string, factors: FactorReading[]): ComponentReading {
  const points = factors.reduce((sum, one) => sum + one.points, 0)
  return {
    name,
    weight: 0.2,
    score: 50 + points,
    direction: points / 50,
    quality: 1,
    strength: 1,
    points,
    factors,
    missing: [],
  }
}

/** The score is 50 and the points of all factors, unless another is given. */
export function explanation(components: ComponentReading[], score?: number | null, atMs = 0): Explanation {
  const sum = components.reduce((all, one) => all + one.points, 0)
  return {
    symbol: 'BTCUSDT',
    at: atMs * 1e6,
    score: score === undefined ? 50 + sum : score,
    coverage: 1,
    agreement: 1,
    conviction: 1,
    components,
    modifiers: [],
    regime: { regime: 'range', timeframe: '5m', since: null, age_s: null, sentence: '' },
    relations: [],
    clusters: [],
  }
}
