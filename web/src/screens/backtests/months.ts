import type { MonthRow } from '@/wire/rest'

/** A year of a monthly table: its returns from January on, null where there is none, and what they come to. */
export interface Year {
  year: number
  months: (number | null)[]
  whole: number
}

export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The years of *months*, the newest first. */
export function yearsOf(months: readonly MonthRow[]): Year[] {
  const found = new Map<number, Year>()
  for (const one of months) {
    const year = found.get(one.year) ?? { year: one.year, months: Array<number | null>(12).fill(null), whole: 0 }
    found.set(one.year, year)
    year.months[one.month - 1] = one.gain
    year.whole = (1 + year.whole) * (1 + one.gain) - 1
  }
  return [...found.values()].sort((a, b) => b.year - a.year)
}

/** How deep the colour of *value* is, in per cent: that of the largest of all is 40. */
export function depth(value: number, largest: number): number {
  return largest > 0 ? Math.round((40 * Math.abs(value)) / largest) : 0
}
