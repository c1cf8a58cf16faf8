/** What stands where a figure is not known. */
export const UNKNOWN = '–'
const THIN = '\u2009'
const MINUS = '\u2212'

/** A price with the decimals of its market and thin spaces between thousands. */
export function price(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return UNKNOWN
  const text = Math.abs(value).toFixed(decimals)
  const dot = text.indexOf('.')
  const whole = dot < 0 ? text : text.slice(0, dot)
  const rest = dot < 0 ? '' : text.slice(dot)
  return (value < 0 ? MINUS : '') + grouped(whole) + rest
}

/** A whole number with thin spaces between thousands. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return UNKNOWN
  return (value < 0 ? MINUS : '') + grouped(Math.abs(value).toFixed(0))
}

function grouped(digits: string): string {
  if (digits.length <= 4) return digits
  let text = ''
  for (let end = digits.length; end > 0; end -= 3) {
    const part = digits.slice(Math.max(0, end - 3), end)
    text = text ? part + THIN + text : part
  }
  return text
}

/** 21 400 000 000 is 21.4B: three digits and a letter. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return UNKNOWN
  const size = Math.abs(value)
  const sign = value < 0 ? MINUS : ''
  if (size < 1e3) return sign + (size < 10 ? size.toFixed(2) : size < 100 ? size.toFixed(1) : size.toFixed(0))
  const [by, letter] = size < 999_500 ? [1e3, 'k'] : size < 999.5e6 ? [1e6, 'M'] : size < 999.5e9 ? [1e9, 'B'] : [1e12, 'T']
  const scaled = size / by
  return sign + (scaled < 9.995 ? scaled.toFixed(2) : scaled < 99.95 ? scaled.toFixed(1) : scaled.toFixed(0)) + letter
}

/** How many decimals the finest of *values* has, at most *most*: a column of them is written with so many. */
export function decimalsOf(values: Iterable<number>, most = 6): number {
  let found = 0
  for (const value of values) {
    while (found < most && Math.abs(value - Number(value.toFixed(found))) > 1e-9 * Math.abs(value)) found += 1
  }
  return found
}

/** With its sign, always: +0.41, −0.31, and 0.00 for what rounds to nothing. */
export function signed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return UNKNOWN
  const text = Math.abs(value).toFixed(decimals)
  if (Number(text) === 0) return text
  return (value < 0 ? MINUS : '+') + text
}

/** A fraction in per cent, with its sign. */
export function percent(fraction: number, decimals = 2): string {
  return signed(100 * fraction, decimals)
}

export function fixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return UNKNOWN
  return (value < 0 ? MINUS : '') + Math.abs(value).toFixed(decimals)
}

/** 412 MB, 1.24 GB. */
export function bytes(value: number): string {
  if (!Number.isFinite(value)) return UNKNOWN
  const size = Math.abs(value)
  if (size < 1024) return `${value.toFixed(0)} B`
  if (size < 1024 ** 2) return `${(value / 1024).toFixed(size < 10 * 1024 ? 1 : 0)} KB`
  if (size < 1024 ** 3) return `${(value / 1024 ** 2).toFixed(size < 100 * 1024 ** 2 ? 1 : 0)} MB`
  return `${(value / 1024 ** 3).toFixed(2)} GB`
}
