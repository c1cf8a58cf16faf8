import { href } from '@/app/router'
import { age } from '@/format/ages'
import { fixed, UNKNOWN } from '@/format/numbers'
import type { GridColumn } from '@/grid/column'
import { figure } from '@/screens/signals/words'
import type { ScanRow } from '@/wire/rest'
import type { ScanBook } from './scan_book'
import { LEANS, share, template } from './words'

/** Where the price stands in its range: 0 at the ice, 1 at the creek, beyond them outside; NaN without a range. */
export function placeOf({ price, creek, ice }: ScanRow): number {
  if (price === null || creek === null || ice === null) return NaN
  return Math.log(price / ice) / Math.log(creek / ice)
}

/** The newest event is as old as the bar at whose close it was known. */
export function ageOf(row: ScanRow, nowMs: number): number {
  return row.newest ? (nowMs - row.newest.confirmed_ms) / 1000 : NaN
}

const known = (value: number | null | undefined) => value ?? NaN
const lean = (direction: number) => LEANS[direction] ?? LEANS[0]

/** The columns of a scan; *now* gives the time of the server. */
export function columnsOf(book: ScanBook, now: () => number): GridColumn[] {
  const at = (row: number) => book.rows[row]
  return [
    {
      id: 'symbol', title: 'Symbol', about: 'The market; Enter opens it with this timeframe', width: 112, align: 'start',
      isPinned: true, text: (row) => at(row).symbol, key: (row) => at(row).symbol,
      make(cell) {
        const link = document.createElement('a')
        link.tabIndex = -1
        cell.append(link)
        let shown = ''
        return (row) => {
          const { symbol } = at(row)
          const address = href('symbol', symbol, { tf: book.timeframe, structure: 'on' })
          if (address === shown) return
          shown = address
          link.textContent = symbol
          link.href = address
        }
      },
    },
    {
      id: 'phase', title: 'Phase',
      about: 'A to E; none without a trading range, ◌ while its sides have not been touched twice each, in turn',
      width: 62, align: 'start',
      text: (row) => `${at(row).phase || 'none'}${at(row).is_confirmed === false ? ' ◌' : ''}`, tone: (row) => (at(row).phase ? '' : 'muted'), key: (row) => at(row).phase,
    },
    {
      id: 'likelihood', title: 'Likely', about: 'How likely the phase is, among the five', width: 62, align: 'end',
      isDescendingFirst: true, text: (row) => share(at(row).likelihood), key: (row) => known(at(row).likelihood),
    },
    {
      id: 'lean', title: 'Leans', about: 'Where the range leans: up, down or neither way', width: 92, align: 'start',
      isDescendingFirst: true, text: (row) => `${lean(at(row).direction).glyph} ${lean(at(row).direction).word}`,
      tone: (row) => lean(at(row).direction).tone, key: (row) => at(row).direction,
    },
    {
      id: 'event', title: 'Newest event', about: 'That was not withdrawn', width: 104, align: 'start',
      text: (row) => {
        const { newest } = at(row)
        return newest ? `${lean(newest.direction).glyph} ${newest.name}` : UNKNOWN
      },
      tone: (row) => (at(row).newest ? lean(at(row).newest!.direction).tone : 'muted'),
      key: (row) => at(row).newest?.name ?? '',
    },
    {
      id: 'age', title: 'Bars ago', about: 'Bars since the close at which the newest event was known, and how long that is',
      width: 92, align: 'end',
      text: (row) => {
        const { newest } = at(row)
        return newest ? `${newest.bars_ago} · ${age(ageOf(at(row), now()))}` : UNKNOWN
      },
      tone: (row) => (at(row).newest ? '' : 'muted'), key: (row) => known(at(row).newest?.bars_ago),
    },
    {
      id: 'confidence', title: 'Confidence',
      about: 'Share of such events that were planted ones where it was measured; not how often the price went on',
      width: 82, align: 'end', isDescendingFirst: true, text: (row) => share(at(row).newest?.confidence),
      key: (row) => known(at(row).newest?.confidence),
    },
    {
      id: 'quality', title: 'Quality', about: 'Of the range, 0 to 100', width: 64, align: 'end', isDescendingFirst: true,
      text: (row) => fixed(known(at(row).quality), 0), key: (row) => known(at(row).quality),
    },
    {
      id: 'schematic', title: 'Schematic', about: 'The template that the range is most like', width: 132, align: 'start',
      text: (row) => {
        const { schematic } = at(row)
        return schematic ? template(schematic) : UNKNOWN
      },
      tone: (row) => (at(row).schematic ? '' : 'muted'), key: (row) => at(row).schematic ?? '',
    },
    {
      id: 'likeness', title: 'Likeness', about: 'How much it is like that template', width: 70, align: 'end',
      isDescendingFirst: true, text: (row) => share(at(row).score), key: (row) => known(at(row).score),
    },
    {
      id: 'place', title: 'In range', about: 'Where the price stands: 0 % at the ice, 100 % at the creek', width: 72,
      align: 'end', isDescendingFirst: true, text: (row) => share(placeOf(at(row))), key: (row) => placeOf(at(row)),
    },
    {
      id: 'ice', title: 'Ice', about: 'Support of the range', width: 82, align: 'end',
      text: (row) => figure(known(at(row).ice)),
    },
    {
      id: 'creek', title: 'Creek', about: 'Resistance of the range', width: 82, align: 'end',
      text: (row) => figure(known(at(row).creek)),
    },
    {
      id: 'higher', title: 'Above', about: 'The next longer timeframe: whether it leans the same way', width: 116,
      align: 'start', isDescendingFirst: true,
      text: (row) => {
        const { higher } = at(row)
        if (!higher) return UNKNOWN
        const sign = higher.agrees === null ? '–' : higher.agrees ? '✓' : '✕'
        const { glyph } = lean(higher.direction)
        return `${sign} ${higher.timeframe} ${glyph} ${higher.phase || 'no range'}`
      },
      tone: (row) => {
        const agrees = at(row).higher?.agrees
        return agrees === true ? 'good' : agrees === false ? 'warn' : 'muted'
      },
      key: (row) => {
        const agrees = at(row).higher?.agrees
        return agrees === undefined || agrees === null ? NaN : Number(agrees)
      },
    },
  ]
}

/** What a row shows on a narrow screen: without a header its figures say what they are. */
export function cardsOf(columns: ReadonlyMap<string, GridColumn>): GridColumn[] {
  const named: Record<string, (text: string) => string> = {
    phase: (text) => (text === 'none' ? 'no range' : `phase ${text}`),
    age: (text) => (text === UNKNOWN ? text : `bars ago ${text}`),
    confidence: (text) => (text === UNKNOWN ? '' : `confidence ${text}`),
  }
  return ['symbol', 'event', 'lean', 'age', 'phase', 'confidence'].map((id) => {
    const column = columns.get(id)!
    const name = named[id]
    return name ? { ...column, text: (row) => name(column.text(row)) } : column
  })
}
/** The newest first. */
export const DEFAULT_SORT = { id: 'age', isDescending: false }
