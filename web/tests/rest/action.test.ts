import { afterEach, expect, test, vi } from 'vitest'
import { Owned } from '@/owned/owned'
import { useAction } from '@/rest/action'

afterEach(() => vi.unstubAllGlobals())

function answering() {
  const answers: ((response: Response) => void)[] = []
  vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => answers.push(resolve)))
  return answers
}

test('one runs at a time, and what failed is said until the next one', async () => {
  const answers = answering()
  const action = useAction<{ as_of_ms: number }>(new Owned(), 'alerts/test')

  const first = action.run({ sink: 'a' })
  expect(action.isRunning.value).toBe(true)
  expect(await action.run({ sink: 'b' })).toBeNull()
  answers[0](new Response('{"title":"Busy","status":503,"detail":"it begins"}', { status: 503 }))
  expect(await first).toBeNull()
  expect([action.isRunning.value, action.error.value?.message]).toEqual([false, 'it begins'])

  const second = action.run({ sink: 'a' })
  expect(action.error.value).toBeNull()
  answers[1](new Response('{"as_of_ms":7}'))
  expect(await second).toEqual({ as_of_ms: 7 })
  expect(answers).toHaveLength(2)
})

test('what runs ends with its owner, without a word', async () => {
  vi.stubGlobal(
    'fetch',
    (_: string, init: RequestInit) =>
      new Promise((_resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')))
      }),
  )
  const owned = new Owned()
  const action = useAction(owned, 'alerts/test')
  const running = action.run({})
  owned.end()

  expect(await running).toBeNull()
  expect(action.error.value).toBeNull()
  expect(await action.run({})).toBeNull()
})
