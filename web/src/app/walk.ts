/** The arrow keys go along the buttons that *selector* finds, for who has the focus on one of them. */
export function walk(event: KeyboardEvent, selector: string): void {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (by === 0) return
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(selector)]
  const at = buttons.indexOf(document.activeElement as HTMLElement)
  if (at < 0) return
  event.preventDefault()
  buttons[Math.min(buttons.length - 1, Math.max(0, at + by))]?.focus()
}
