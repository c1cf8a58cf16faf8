import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createApp, h, nextTick, type App, type VNodeChild } from 'vue'
import Panel from '@/app/Panel.vue'
import { ledger } from '@/owned/ledger'
import { RestError } from '@/rest/client'

let app: App | null = null
beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  app?.unmount()
  app = null
  vi.useRealTimers()
})

function shown(props: Record<string, unknown>, content: () => VNodeChild = () => 'content'): HTMLElement {
  const host = document.createElement('div')
  app = createApp({ render: () => h(Panel, { title: 'Book', ...props }, { default: content, empty: () => 'none yet' }) })
  app.mount(host)
  return host
}

const failure = new RestError('GET', 'api/v1/x', { title: 'Busy', status: 503, detail: 'all is asked' }, true)

test('what is ready is shown with its age', () => {
  const host = shown({ state: 'ready', ageS: 4.2 })
  expect(host.textContent).toContain('content')
  expect(host.textContent).toContain('4 s old')
})

test('after three seconds of loading it says what is awaited', async () => {
  const host = shown({ state: 'loading', awaits: 'the first book' })
  expect(host.textContent).toContain('Loading…')
  expect(host.textContent).not.toContain('the first book')
  vi.advanceTimersByTime(4000)
  await nextTick()
  expect(host.textContent).toContain('Loading… Waiting for the first book, for 4.0 s now.')
})

test('an error says what failed and since when, and can be tried again', () => {
  const retry = vi.fn()
  const host = shown({ state: 'error', error: failure, failedSinceMs: Date.now() - 12_000, onRetry: retry })
  expect(host.textContent).toContain('all is asked')
  expect(host.textContent).toContain('For 12 s')
  host.querySelector<HTMLButtonElement>('.actions button')?.click()
  expect(retry).toHaveBeenCalledTimes(1)
})

test('what is old stays, under a banner that says so', () => {
  const host = shown({ state: 'stale', error: failure })
  expect(host.textContent).toContain('What is shown is old')
  expect(host.textContent).toContain('content')
  expect(host.querySelector('[data-stale=true]')).not.toBeNull()
})

test('nothing to show says why', () => {
  expect(shown({ state: 'empty' }).textContent).toContain('none yet')
})

test('content that fails takes only its own panel with it', async () => {
  const Broken = () => {
    throw new Error('no such column')
  }
  const host = shown({ state: 'ready' }, () => h(Broken))
  await nextTick()
  expect(host.querySelector('[role=alert]')?.textContent).toContain('no such column')
  expect(host.textContent).toContain('Retry')
})

test('it leaves no timer behind', () => {
  const before = ledger.held.timers
  shown({})
  expect(ledger.held.timers).toBe(before + 1)
  app?.unmount()
  app = null
  expect(ledger.held.timers).toBe(before)
})
