import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createApp, h, nextTick, type App } from 'vue'
import Twice from '@/app/Twice.vue'
import { ledger } from '@/owned/ledger'

let app: App | null = null
beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  app?.unmount()
  app = null
  vi.useRealTimers()
})

function shown(sure: () => void): HTMLButtonElement {
  const host = document.createElement('div')
  app = createApp({ render: () => h(Twice, { title: 'Remove', question: 'Really remove it?', onSure: sure }) })
  app.mount(host)
  return host.querySelector('button')!
}

test('what cannot be undone is done at the second press', async () => {
  const sure = vi.fn()
  const button = shown(sure)
  button.click()
  await nextTick()
  expect(button.textContent).toContain('Really remove it?')
  expect(sure).not.toHaveBeenCalled()
  button.click()
  await nextTick()
  expect(sure).toHaveBeenCalledTimes(1)
  expect(button.textContent).toContain('Remove')
  expect(ledger.held.timers).toBe(0)
})

test.each([
  ['Escape', (button: HTMLElement) => button.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))],
  ['leaving it', (button: HTMLElement) => button.dispatchEvent(new FocusEvent('blur'))],
  ['some seconds', () => vi.advanceTimersByTime(6000)],
])('%s takes the question back', async (_, act) => {
  const sure = vi.fn()
  const button = shown(sure)
  button.click()
  await nextTick()
  act(button)
  await nextTick()
  expect(button.textContent?.trim()).toBe('Remove')
  button.click()
  expect(sure).not.toHaveBeenCalled()
})
