/** A rectangle for each weight: area in proportion, as square as can be. */
export interface Tiles {
  x: Float32Array
  y: Float32Array
  w: Float32Array
  h: Float32Array
}

/**
 * Squarified treemap (Bruls, Huizing, van Wijk 2000) of *weights*, which are positive and fall.
 */
export function treemap(weights: ArrayLike<number>, width: number, height: number): Tiles {
  const n = weights.length
  const tiles = { x: new Float32Array(n), y: new Float32Array(n), w: new Float32Array(n), h: new Float32Array(n) }
  let sum = 0
  for (let i = 0; i < n; i += 1) sum += weights[i]
  if (sum <= 0 || width <= 0 || height <= 0) return tiles
  const scale = (width * height) / sum
  let [x, y, w, h] = [0, 0, width, height]
  let from = 0
  while (from < n) {
    const side = Math.min(w, h)
    let to = from + 1
    let area = weights[from] * scale
    let worst = ratio(weights[from] * scale, weights[from] * scale, area, side)
    while (to < n) {
      const next = area + weights[to] * scale
      const after = ratio(weights[from] * scale, weights[to] * scale, next, side)
      if (after > worst) break
      worst = after
      area = next
      to += 1
    }
    const thick = side > 0 ? area / side : 0
    let along = 0
    for (let i = from; i < to; i += 1) {
      const length = thick > 0 ? (weights[i] * scale) / thick : 0
      tiles.x[i] = w < h ? x + along : x
      tiles.y[i] = w < h ? y : y + along
      tiles.w[i] = w < h ? length : thick
      tiles.h[i] = w < h ? thick : length
      along += length
    }
    if (w < h) {
      y += thick
      h -= thick
    } else {
      x += thick
      w -= thick
    }
    from = to
  }
  return tiles
}

/** The worst aspect ratio in a row of tiles with total *area* along *side*. */
function ratio(largest: number, smallest: number, area: number, side: number): number {
  const squared = side * side
  return Math.max((squared * largest) / (area * area), (area * area) / (squared * smallest))
}
