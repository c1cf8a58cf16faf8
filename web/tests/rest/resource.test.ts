import { afterEach, expect, test, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { Owned } from '@/owned/owned'
import { useResource } from '@/rest/resource'
import type { Dated } from '@/wire/rest'

afterEach(() => vi.unstubAllGlobals())

interface Pending {
  url: string
  signal: AbortSignal
  answer: (response: Response) => void
}

function server(): Pending[] {
  const pending: Pending[] = []
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    return new Promise<Response>((answer, refuse) => {
      init.signal?.addEventListener('abort', () => refuse(new DOMException('aborted', 'AbortError')))
      pending.push({ url, signal: init.signal!, answer })
    })
  })
  return pending
}

const settle = async () => {
  for (let n = 0; n < 20; n += 1) await Promise.resolve()
  await nextTick()
}
const body = (n: number) => new Response(`{"as_of_ms":${n}}`)

test('only the newest request counts, and the one before is given up', async () => {
  const pending = server()
  const path = ref('a')
  const owned = new Owned()
  const scope = effectScope()
  const resource = scope.run(() => useResource<Dated>(owned, () => ({ path: path.value })))!
  expect(resource.state.value).toBe('loading')
  path.value = 'b'
  await settle()
  expect(pending[0].signal.aborted).toBe(true)
  pending[1].answer(body(2))
  await settle()

  expect(resource.data.value?.as_of_ms).toBe(2)
  expect(resource.state.value).toBe('ready')
  scope.stop()
})

test('what was known stays beside the error of a later request', async () => {
  const pending = server()
  const owned = new Owned()
  const scope = effectScope()
  const resource = scope.run(() => useResource<Dated>(owned, { path: 'x' }))!
  pending[0].answer(body(1))
  await settle()
  void resource.reload()
  pending[1].answer(new Response('{"title":"Busy","status":503}', { status: 503 }))
  await settle()

  expect(resource.state.value).toBe('stale')
  expect(resource.data.value?.as_of_ms).toBe(1)
  expect(resource.failedSinceMs.value).toBeGreaterThan(0)
  scope.stop()
})

test('an answer after the end changes nothing', async () => {
  const pending = server()
  const owned = new Owned()
  const scope = effectScope()
  const resource = scope.run(() => useResource<Dated>(owned, { path: 'y' }))!
  owned.end()
  scope.stop()
  expect(pending[0].signal.aborted).toBe(true)
  await settle()

  expect(resource.data.value).toBeNull()
  expect(resource.error.value).toBeNull()
})

test('nothing is asked for where nothing is wanted', async () => {
  const pending = server()
  const scope = effectScope()
  scope.run(() => useResource<Dated>(new Owned(), () => null))
  await settle()
  expect(pending).toHaveLength(0)
  scope.stop()
})
