/** What is looked at: what the address says. */
export type View =
  | { kind: 'list' }
  /** A form, filled in as the run of id *like* was, if there is one. */
  | { kind: 'new'; like: string }
  | { kind: 'run'; id: string }
  | { kind: 'compare'; first: string; second: string }

/** The form, as of no other run. */
export const BLANK = '1'

/** The id of a run, or '' where *text* is none. */
export function idOf(text: string | undefined): string {
  return text !== undefined && /^[A-Za-z0-9_.-]{1,80}$/.test(text) ? text : ''
}

export function viewOf(query: Readonly<Record<string, string>>): View {
  const [id, first, second] = [query.run, query.first, query.second].map(idOf)
  if (query.new !== undefined) return { kind: 'new', like: query.new === BLANK ? '' : idOf(query.new) }
  if (first && second && first !== second) return { kind: 'compare', first, second }
  return id ? { kind: 'run', id } : { kind: 'list' }
}
