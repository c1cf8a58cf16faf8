import { afterEach, expect, test, vi } from 'vitest'
import { setAccessToken } from '@/rest/access'
import { address, get, post, RestError } from '@/rest/client'

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

test('what is posted is JSON with the token of this tab, and a refusal names it', async () => {
  setAccessToken('tdm_x')
  const asked = answered(
    () => new Response('{"as_of_ms":7,"changed":2}'),
    () => new Response('{"title":"Conflict","status":409,"detail":"no sink is configured"}', { status: 409 }),
  )
  const done = await post<{ as_of_ms: number; changed: number }>('notifications/read', { ids: null }, signal())
  const refused = (await post('a', {}, signal()).catch((error: unknown) => error)) as RestError
  setAccessToken('')

  expect(done.changed).toBe(2)
  expect(asked[0][0]).toBe('api/v1/notifications/read')
  expect(asked[0][1]).toMatchObject({
    method: 'POST',
    body: '{"ids":null}',
    headers: { 'content-type': 'application/json', authorization: 'Bearer tdm_x' },
  })
  expect([refused.message, refused.isRetryable]).toEqual(['no sink is configured', false])
  expect(refused.report).toContain('POST api/v1/a')
})
