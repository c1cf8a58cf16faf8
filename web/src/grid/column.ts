/** A column of the grid; rows are numbers, and the column knows where their figures are. */
export interface GridColumn {
  id: string
  /** In the header. */
  title: string
  /** What the figure is and in which unit. */
  about: string
  /** At least so wide (px); what is left over is shared out. */
  width: number
  align: 'start' | 'end'
  /** Stays at the left while the others scroll. */
  isPinned?: boolean
  /** The largest first when it is sorted by it for the first time. */
  isDescendingFirst?: boolean
  text(row: number): string
  /** Classes that the cell has besides its own. */
  tone?(row: number): string
  /** What it is sorted by; undefined where it cannot be. */
  key?(row: number): number | string
  /** What a table of figures gets instead of the text. */
  raw?(row: number): number | string
  /** Builds a cell that is more than text, and returns what brings it up to date. */
  make?(cell: HTMLElement): (row: number) => void
}
