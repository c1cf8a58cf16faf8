import { font } from '@/app/theme'
import { clock } from '@/format/ages'
import { price } from '@/format/numbers'
import { STEP_MS, STEPS, type DepthTrail } from './depth'

export interface DepthLook {
  width: number
  height: number
  decimals: number
  tones: { up: string; down: string; text: string; muted: string; panel: string }
}

const AXIS = 16
const STRENGTHS = 6
/** Three minutes; fewer steps would be blocks. */
const LEAST_STEPS = 36

/** Draws every level of every step as a cell: the stronger its colour, the larger the size; the mid as a line. */
export function drawDepth(brush: CanvasRenderingContext2D, trail: DepthTrail, look: DepthLook): void {
  const { width, height, tones } = look
  brush.clearRect(0, 0, width, height)
  const { low, high, usual } = trail.view()
  if (!(high > low)) return
  brush.font = font(10.5)
  const scale = Math.max(
    brush.measureText(price(high, look.decimals)).width,
    brush.measureText(price(low, look.decimals)).width,
  )
  const right = width - scale - 10
  const bottom = height - AXIS
  const shown = Math.max(LEAST_STEPS, trail.span)
  const wide = right / shown
  const y = (value: number) => 3 + (1 - (value - low) / (high - low)) * (bottom - 6)
  const first = trail.newest - shown + 1
  const cell = Math.max(1.5, Math.min(7, (bottom - 6) / 80))
  for (const [isBids, tone] of [[true, tones.up], [false, tones.down]] as const) {
    brush.fillStyle = tone
    for (let n = 0; n < shown; n += 1) {
      trail.each(first + n, (at, size, isBid) => {
        if (isBid !== isBids) return
        const strength = Math.min(1, Math.sqrt(size / usual))
        brush.globalAlpha = 0.08 + 0.82 * (Math.ceil(strength * STRENGTHS) / STRENGTHS)
        if (at < low || at > high) return
        brush.fillRect(n * wide, y(at) - cell / 2, wide + 0.4, cell)
      })
    }
  }
  brush.globalAlpha = 1
  brush.save()
  brush.beginPath()
  brush.rect(0, 0, right, bottom)
  brush.clip()
  for (const [tone, thick] of [[tones.panel, 3], [tones.text, 1.25]] as const) {
    brush.strokeStyle = tone
    brush.lineWidth = thick
    brush.beginPath()
    let isDown = false
    for (let n = 0; n < shown; n += 1) {
      const mid = trail.mid(first + n)
      if (Number.isNaN(mid)) {
        isDown = false
        continue
      }
      if (isDown) brush.lineTo((n + 0.5) * wide, y(mid))
      else brush.moveTo((n + 0.5) * wide, y(mid))
      isDown = true
    }
    brush.stroke()
  }
  brush.restore()
  brush.fillStyle = tones.muted
  brush.textAlign = 'left'
  for (const share of [0, 0.5, 1]) {
    const value = high - share * (high - low)
    brush.fillText(price(value, look.decimals), right + 6, Math.min(bottom - 2, Math.max(10, y(value) + 4)))
  }
  for (let back = 0; back <= shown; back += shown / 3) {
    const x = right - back * wide
    brush.textAlign = back === 0 ? 'right' : back === shown ? 'left' : 'center'
    brush.fillText(clock((trail.newest - back) * STEP_MS, shown < STEPS / 2), x, height - 4)
  }
  brush.textAlign = 'left'
}
