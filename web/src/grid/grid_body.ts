import type { GridColumn } from './column'
import type { RowWindow } from './window'

interface Cell {
  element: HTMLElement
  /** Where the text stands, unless `update` writes the cell. */
  text: Text | null
  shown: string
  tone: string
  base: string
  update: ((row: number) => void) | null
}

interface Slot {
  element: HTMLElement
  cells: Cell[]
  index: number
  /** Which row of the market it shows. */
  row: number
  tone: string
  /** Without, it waits: a search leaves fewer rows for a while. There are never more than fit. */
  isShown: boolean
}

/** Rows that come into a frame, at most: some thirty at once, and whoever pressed the key waits for all of them. */
const MOST_NEW = 8
/** Rows that show another market where they stand in the first of two frames, over which a new order comes. */
const FIRST_CHANGED = 10

/**
 * The rows of a windowed grid, written by hand: as many elements as a window needs, used again as it moves.
 *
 * A text or a class is written only where it differs from what stands there. The slot of index i is i modulo their
 * number, so that scrolling by a row changes one element.
 */
export class GridBody {
  private readonly slots: Slot[] = []
  private count = 0
  /** Some rows wait for the next frame. */
  private isBehind = false

  constructor(
    private readonly host: HTMLElement,
    private readonly id: string,
    private readonly columns: readonly GridColumn[],
  ) {
    host.replaceChildren()
  }

  /** The id of the cell that shows row *index*; '' where it is not in the window. */
  cellId(index: number, column: number): string {
    const slot = this.count > 0 ? index % this.count : -1
    return slot >= 0 && this.slots[slot].isShown && this.slots[slot].index === index ? `${this.id}-${slot}-${column}` : ''
  }

  /** Draws the rows; false where some have to wait for the next frame. */
  draw(
    window: RowWindow,
    rows: Int32Array,
    rowHeight: number,
    toneOf: (row: number) => string,
    active: number,
    activeColumn: number,
  ): boolean {
    const { count } = window
    const had = this.slots.reduce((sum, slot) => sum + Number(slot.isShown), 0)
    this.resize(count)
    // The answer to a key comes first: a search that ends brings its rows from the second frame on.
    let room = had > 0 && !this.isBehind ? 0 : MOST_NEW
    let changes = this.isBehind ? Infinity : FIRST_CHANGED
    this.isBehind = false
    for (let n = 0; n < count; n += 1) {
      const index = window.first + n
      const slot = this.slots[index % count]
      if (!slot.isShown) {
        if (room === 0) {
          this.isBehind = true
          continue
        }
        room -= 1
        slot.isShown = true
        this.host.append(slot.element)
      }
      const isMoved = slot.index !== index
      const isOther = slot.row !== rows[index]
      // A row that has left the order may be none any more.
      if (!isMoved && isOther && changes === 0 && rows.includes(slot.row)) this.isBehind = true
      else if (isOther) {
        if (!isMoved) changes -= 1
        slot.row = rows[index]
      }
      const { row } = slot
      if (isMoved) {
        slot.index = index
        slot.element.style.transform = `translateY(${index * rowHeight}px)`
        slot.element.setAttribute('aria-rowindex', String(index + 2))
        slot.element.dataset.index = String(index)
      }
      const isActive = index === active
      const tone = `row${index % 2 ? ' odd' : ''}${isActive ? ' active' : ''} ${toneOf(row)}`
      if (tone !== slot.tone) {
        slot.tone = tone
        slot.element.className = tone
        slot.element.setAttribute('aria-selected', String(isActive))
      }
      for (let c = 0; c < slot.cells.length; c += 1) {
        const cell = slot.cells[c]
        const column = this.columns[c]
        if (cell.update) {
          cell.update(row)
        } else if (cell.text) {
          const text = column.text(row)
          if (text !== cell.shown) {
            cell.shown = text
            cell.text.data = text
          }
        }
        const own = column.tone ? column.tone(row) : ''
        const wanted = isActive && c === activeColumn ? `${own} at` : own
        if (wanted !== cell.tone) {
          cell.tone = wanted
          cell.element.className = `${cell.base} ${wanted}`
        }
      }
    }
    return !this.isBehind
  }

  private resize(count: number): void {
    if (count === this.count) return
    this.count = count
    while (this.slots.length < count) this.slots.push(this.make(this.slots.length))
    for (const [number, slot] of this.slots.entries()) {
      slot.index = -1
      if (number >= count && slot.isShown) {
        slot.isShown = false
        slot.element.remove()
      }
    }
  }

  private make(number: number): Slot {
    const element = document.createElement('div')
    element.setAttribute('role', 'row')
    let left = 0
    const cells = this.columns.map((column, c) => {
      const cell = document.createElement('div')
      if (column.isPinned) {
        cell.style.left = `${left}px`
        left += column.width
      }
      const base = `cell c-${column.id} ${column.align}${column.isPinned ? ' pinned' : ''}`
      cell.className = base
      cell.id = `${this.id}-${number}-${c}`
      cell.dataset.column = String(c)
      cell.setAttribute('role', 'gridcell')
      cell.setAttribute('aria-colindex', String(c + 1))
      const update = column.make ? column.make(cell) : null
      const text = update ? null : document.createTextNode('')
      if (text) cell.append(text)
      element.append(cell)
      return { element: cell, text, shown: '', tone: '', base, update }
    })
    return { element, cells, index: -1, row: -1, tone: '', isShown: false }
  }
}
