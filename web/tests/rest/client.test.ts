import { afterEach, expect, test, vi } from 'vitest'
import { address, get, RestError } from '@/rest/client'

const signal = () => new AbortController().signal
afterEach(() => vi.unstubAllGlobals())

function answered(...answers: (() => Response | Promise<Response>)[]) {
  const asked: [string, RequestInit][] = []
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    asked.push([url, init])
    return Promise.resolve(answers[asked.length - 1]())
  })
  return asked
}

test('a path is one of the interface, unless it begins at the root; what is not given is not asked', () => {
  expect(address('overview')).toBe('api/v1/overview')
  expect(address('/health')).toBe('health')
  expect(address('gaps', { symbol: 'A', limit: 5, before: null })).toBe('api/v1/gaps?symbol=A&limit=5')
})

test('an answer with an ETag is kept, and given again when nothing has changed', async () => {
  const asked = answered(
    () => new Response('{"as_of_ms":7}', { headers: { etag: '"a"' } }),
    () => new Response(null, { status: 304 }),
  )
  const first = await get('kept', {}, signal())
  const second = await get('kept', {}, signal())

  expect(second).toBe(first)
  expect((asked[1][1].headers as Record<string, string>)['if-none-match']).toBe('"a"')
})

test('a refusal says what the server said, and whether asking again can help', async () => {
  answered(
    () => new Response('{"title":"Not found","status":404,"detail":"no market is called X"}', { status: 404 }),
    () => new Response('oops', { status: 503, statusText: 'Busy' }),
  )
  const refused = (await get('a', {}, signal()).catch((error: unknown) => error)) as RestError
  const failed = (await get('b', {}, signal()).catch((error: unknown) => error)) as RestError

  expect([refused.message, refused.isRetryable]).toEqual(['no market is called X', false])
  expect(refused.report).toContain('404 Not found')
  expect([failed.problem.status, failed.isRetryable]).toEqual([503, true])
})

test('no answer and an unreadable one are errors that can be tried again', async () => {
  answered(
    () => Promise.reject(new TypeError('failed')),
    () => new Response('<html>'),
  )
  const none = (await get('c', {}, signal()).catch((error: unknown) => error)) as RestError
  const odd = (await get('d', {}, signal()).catch((error: unknown) => error)) as RestError

  expect([none.problem.status, none.isRetryable]).toEqual([0, true])
  expect(odd.problem.title).toBe('Unreadable answer')
})

test('an aborted request stays what it is', async () => {
  const controller = new AbortController()
  answered(() => {
    controller.abort()
    return Promise.reject(new DOMException('aborted', 'AbortError'))
  })
  const error = await get('e', {}, controller.signal).catch((caught: unknown) => caught)
  expect(error).not.toBeInstanceOf(RestError)
})
