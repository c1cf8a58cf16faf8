import { href } from '@/app/router'
import { date } from '@/format/ages'
import { count, UNKNOWN } from '@/format/numbers'
import type { GridColumn } from '@/grid/column'
import { progressOf, type RunBook } from './run_book'
import { isAtWork, isResumable, part, ratio, share, spanOf, stateWords, toneOf } from './words'

/** What can be done to a run from its row. */
export interface RowActs {
  isMarked(id: string): boolean
  mark(id: string): void
  resume(id: string): void
  /** Whether nothing is under way. */
  isFree(): boolean
}

const known = (value: number | null) => value ?? NaN

/** The columns of the list of runs. */
export function columnsOf(book: RunBook, acts: RowActs): GridColumn[] {
  const at = (row: number) => book.rows[row]
  return [
    {
      id: 'mark', title: '✓', about: 'Marked, to be compared or removed; Space in the table', width: 34, align: 'start',
      isPinned: true, text: (row) => (acts.isMarked(at(row).id) ? '☑' : '☐'),
      make(cell) {
        const button = document.createElement('button')
        button.type = 'button'
        button.tabIndex = -1
        cell.append(button)
        let id = ''
        let shown = ''
        button.onclick = () => acts.mark(id)
        return (row) => {
          id = at(row).id
          const isMarked = acts.isMarked(id)
          const text = `${isMarked} ${id}`
          if (text === shown) return
          shown = text
          button.textContent = isMarked ? '☑' : '☐'
          button.setAttribute('aria-pressed', String(isMarked))
          button.setAttribute('aria-label', `Mark ${id}`)
        }
      },
    },
    {
      id: 'name', title: 'Run', about: 'Its id, which begins with its name; Enter opens it', width: 168, align: 'start',
      isPinned: true, text: (row) => at(row).id, key: (row) => at(row).id,
      make(cell) {
        const link = document.createElement('a')
        link.tabIndex = -1
        cell.append(link)
        let shown = ''
        return (row) => {
          const { id } = at(row)
          if (id === shown) return
          shown = id
          link.textContent = id
          link.title = id
          link.href = href('backtests', '', { run: id })
        }
      },
    },
    {
      id: 'state', title: 'State', about: 'Where it stands; of one at work, how far it is', width: 148, align: 'start',
      text: (row) => stateText(book, row), key: (row) => book.stateOf(row),
      make(cell) {
        const words = document.createElement('span')
        const bar = document.createElement('progress')
        const button = document.createElement('button')
        bar.max = 1
        button.type = 'button'
        button.tabIndex = -1
        button.textContent = 'Resume'
        cell.append(words, bar, button)
        let id = ''
        button.onclick = () => acts.resume(id)
        return (row) => {
          id = at(row).id
          const state = book.stateOf(row)
          const { tone } = stateWords(state)
          const text = stateText(book, row)
          if (words.textContent !== text) words.textContent = text
          if (words.className !== tone) words.className = tone
          const running = book.atWork(row)
          bar.hidden = !running || !isAtWork(state)
          if (running) {
            bar.value = progressOf(running)
            bar.setAttribute('aria-label', `How far ${id} is`)
          }
          button.hidden = !isResumable(state)
          button.disabled = !acts.isFree()
          button.setAttribute('aria-label', `Resume ${id}`)
        }
      },
    },
    {
      id: 'strategy', title: 'Strategy', about: 'Its file, or the rule of signals', width: 132, align: 'start',
      text: (row) => at(row).strategy, key: (row) => at(row).strategy,
    },
    {
      id: 'markets', title: 'Markets', about: 'Over which it ran', width: 96, align: 'start',
      text: (row) => (at(row).market_count === 1 ? at(row).markets[0] : `${count(at(row).market_count)} markets`),
      key: (row) => at(row).market_count,
    },
    {
      id: 'timeframe', title: 'Candles', about: 'How long each of them is', width: 62, align: 'start',
      text: (row) => at(row).timeframe, key: (row) => at(row).timeframe,
    },
    {
      id: 'span', title: 'From, to', about: 'The days of its first and its last candle, UTC', width: 172, align: 'start',
      text: (row) => spanOf(at(row).begin_ms, at(row).end_ms), key: (row) => at(row).begin_ms,
    },
    {
      id: 'trips', title: 'Trips', about: 'Positions that were opened and closed again', width: 62, align: 'end',
      isDescendingFirst: true, text: (row) => count(known(at(row).trips)), key: (row) => known(at(row).trips),
    },
    {
      id: 'return', title: 'Return', about: 'What the equity gained, net of all costs', width: 82, align: 'end',
      isDescendingFirst: true, text: (row) => share(at(row).total_return), tone: (row) => toneOf(at(row).total_return),
      key: (row) => known(at(row).total_return),
    },
    {
      id: 'sharpe', title: 'Sharpe', about: 'Of a year, from the returns of days', width: 62, align: 'end',
      isDescendingFirst: true, text: (row) => ratio(at(row).sharpe), key: (row) => known(at(row).sharpe),
    },
    {
      id: 'drawdown', title: 'Drawdown', about: 'The deepest fall from the highest equity before it', width: 76,
      align: 'end', isDescendingFirst: true, text: (row) => part(at(row).max_drawdown),
      key: (row) => known(at(row).max_drawdown),
    },
    {
      id: 'when', title: 'Asked for', about: 'When it was asked for', width: 122, align: 'end', isDescendingFirst: true,
      text: (row) => date(at(row).created_ms), key: (row) => at(row).created_ms,
    },
  ]
}

function stateText(book: RunBook, row: number): string {
  const state = book.stateOf(row)
  const { glyph, word } = stateWords(state)
  const running = book.atWork(row)
  return running && state === 'running' ? `${glyph} ${Math.floor(100 * progressOf(running))} %` : `${glyph} ${word}`
}

/** What a row shows on a narrow screen: without a header its figures say what they are. */
export function cardsOf(columns: ReadonlyMap<string, GridColumn>): GridColumn[] {
  const named: Record<string, (text: string) => string> = {
    trips: (text) => (text === UNKNOWN ? '' : `${text} trips`),
    sharpe: (text) => (text === UNKNOWN ? '' : `Sharpe ${text}`),
    return: (text) => (text === UNKNOWN ? '' : text),
  }
  return ['mark', 'name', 'state', 'return', 'trips', 'sharpe', 'when'].map((id) => {
    const column = columns.get(id)!
    const name = named[id]
    return name ? { ...column, text: (row) => name(column.text(row)) } : column
  })
}

/** The newest first. */
export const DEFAULT_SORT = { id: 'when', isDescending: true }
