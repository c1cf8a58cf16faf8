import { ledger } from '@/owned/ledger'
import { Lru } from '@/owned/lru'
import type { Dated, Problem } from '@/wire/rest'
import { accessToken } from './access'

const TIMEOUT_MS = 15_000
const KEPT = 20
const KEPT_BYTES = 256 * 1024

interface Kept {
  etag: string
  body: unknown
}

/** A request that failed: what was asked, what was answered, and whether asking again can help. */
export class RestError extends Error {
  constructor(
    readonly path: string,
    readonly problem: Problem,
    readonly isRetryable: boolean,
  ) {
    super(problem.detail ?? problem.title)
    this.name = 'RestError'
  }

  /** Everything about it as text, to be copied. */
  get report(): string {
    const { title, status, detail, instance } = this.problem
    return [`GET ${this.path}`, `${status || 'no answer'} ${title}`, detail, instance].filter(Boolean).join('\n')
  }
}

const answers = new Lru<Kept>(KEPT, 10 * 60_000)
ledger.register('answers', () => ({
  size: answers.size,
  capacity: answers.capacity,
  hits: answers.hits,
  misses: answers.misses,
  evicted: answers.evicted,
}))

/** Drops the answers that are kept. */
export function forgetAnswers(): void {
  answers.clear()
}

export type Query = Record<string, string | number | boolean | null | undefined>

export function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '')
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString()
  return `${path.startsWith('/') ? path.slice(1) : `api/v1/${path}`}${text ? `?${text}` : ''}`
}

/**
 * The body of `GET api/v1/<path>` (a path from the root keeps its own); small answers are kept with their ETag.
 *
 * Throws RestError; an aborted request throws the signal's AbortError.
 */
export async function get<T extends Dated>(path: string, query: Query, signal: AbortSignal): Promise<T> {
  const url = address(path, query)
  const kept = answers.get(url)
  const token = accessToken()
  const headers: Record<string, string> = { accept: 'application/json' }
  if (kept) headers['if-none-match'] = kept.etag
  if (token) headers.authorization = `Bearer ${token}`
  let response: Response
  try {
    // eslint-disable-next-line no-restricted-globals -- the one place that asks
    response = await fetch(url, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) })
  } catch (error) {
    if (signal.aborted) throw error
    const isLate = error instanceof DOMException && error.name === 'TimeoutError'
    const detail = isLate ? `no answer within ${TIMEOUT_MS / 1000} s` : 'the server cannot be reached'
    throw new RestError(url, { title: 'No answer', status: 0, detail }, true)
  }
  if (response.status === 304 && kept) return kept.body as T
  if (!response.ok) throw new RestError(url, await problem(response), response.status >= 500 || response.status === 429)
  const text = await response.text()
  let body: T
  try {
    body = JSON.parse(text) as T
  } catch {
    throw new RestError(url, { title: 'Unreadable answer', status: response.status, detail: text.slice(0, 200) }, true)
  }
  const etag = response.headers.get('etag')
  if (etag && text.length <= KEPT_BYTES) answers.put(url, { etag, body })
  return body
}

async function problem(response: Response): Promise<Problem> {
  const plain: Problem = { title: response.statusText || 'Refused', status: response.status }
  try {
    return { ...plain, ...((await response.json()) as Partial<Problem>) }
  } catch {
    return plain
  }
}
