/** Draws *values* as a line over the whole of width x height; NaN is a hole. *low* bounds the range from above. */
export function drawSparkline(
  brush: CanvasRenderingContext2D,
  values: ArrayLike<number>,
  width: number,
  height: number,
  tone: string,
  low?: number,
): void {
  brush.clearRect(0, 0, width, height)
  let least = low ?? Infinity
  let most = -Infinity
  for (let n = 0; n < values.length; n += 1) {
    if (values[n] < least) least = values[n]
    if (values[n] > most) most = values[n]
  }
  if (most === -Infinity) return
  const range = most - least || 1
  const step = (width - 2) / Math.max(1, values.length - 1)
  brush.beginPath()
  let isDown = false
  for (let n = 0; n < values.length; n += 1) {
    const value = values[n]
    if (Number.isNaN(value)) {
      isDown = false
      continue
    }
    const x = 1 + n * step
    const y = height - 1.5 - ((value - least) / range) * (height - 3)
    if (isDown) brush.lineTo(x, y)
    else brush.moveTo(x, y)
    isDown = true
  }
  brush.strokeStyle = tone
  brush.lineWidth = 1.25
  brush.lineJoin = 'round'
  brush.stroke()
}
