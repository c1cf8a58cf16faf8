import { ledger } from '@/owned/ledger'
import { Lru } from '@/owned/lru'
import type { Dated, Problem } from '@/wire/rest'
import { accessToken } from './access'

const TIMEOUT_MS = 15_000
const POSTING_MS = 30_000
const KEPT = 20
const KEPT_BYTES = 256 * 1024

interface Kept {
  etag: string
  body: unknown
}

type Method = 'GET' | 'POST'

/** A request that failed: what was asked, what was answered, and whether asking again can help. */
export class RestError extends Error {
  constructor(
    readonly method: Method,
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
    return [`${this.method} ${this.path}`, `${status || 'no answer'} ${title}`, detail, instance].filter(Boolean).join('\n')
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
  const response = await send('GET', url, kept ? { 'if-none-match': kept.etag } : {}, signal)
  if (response.status === 304 && kept) return kept.body as T
  const text = await response.text()
  const body = read<T>('GET', url, response.status, text)
  const etag = response.headers.get('etag')
  if (etag && text.length <= KEPT_BYTES) answers.put(url, { etag, body })
  return body
}

/**
 * Has something done: the body of the answer to `POST api/v1/<path>` with *asked* as JSON. A sink may take its time.
 *
 * Throws as `get` does; nothing is tried again.
 */
export async function post<T extends Dated>(path: string, asked: object, signal: AbortSignal): Promise<T> {
  const url = address(path)
  const headers = { 'content-type': 'application/json' }
  const response = await send('POST', url, headers, signal, JSON.stringify(asked), POSTING_MS)
  return read<T>('POST', url, response.status, await response.text())
}

async function send(
  method: Method,
  url: string,
  extra: Record<string, string>,
  signal: AbortSignal,
  body?: string,
  timeoutMs = TIMEOUT_MS,
): Promise<Response> {
  const token = accessToken()
  const headers: Record<string, string> = { accept: 'application/json', ...extra }
  if (token) headers.authorization = `Bearer ${token}`
  let response: Response
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    // eslint-disable-next-line no-restricted-globals -- the one place that asks
    response = await fetch(url, { method, headers, body: body ?? null, signal: either })
  } catch (error) {
    if (signal.aborted) throw error
    const isLate = error instanceof DOMException && error.name === 'TimeoutError'
    const detail = isLate ? `no answer within ${timeoutMs / 1000} s` : 'the server cannot be reached'
    throw new RestError(method, url, { title: 'No answer', status: 0, detail }, true)
  }
  if (response.ok || response.status === 304) return response
  throw new RestError(method, url, await problem(response), response.status >= 500 || response.status === 429)
}

function read<T>(method: Method, url: string, status: number, text: string): T {
  try {
    return JSON.parse(text) as T
  } catch {
    throw new RestError(method, url, { title: 'Unreadable answer', status, detail: text.slice(0, 200) }, true)
  }
}

async function problem(response: Response): Promise<Problem> {
  const plain: Problem = { title: response.statusText || 'Refused', status: response.status }
  try {
    return { ...plain, ...((await response.json()) as Partial<Problem>) }
  } catch {
    return plain
  }
}
