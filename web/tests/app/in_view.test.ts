import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createApp, h, nextTick, ref, type App } from 'vue'
import InView from '@/app/InView.vue'
import { ledger } from '@/owned/ledger'

let app: App | null = null
let tell: (isInView: boolean) => void = () => undefined
/** The browser's own is not there: whether an element is in view is told by the test. */
class Observer {
  constructor(act: (entries: { isIntersecting: boolean }[]) => void) {
    tell = (isIntersecting) => act([{ isIntersecting }])
  }

  observe(): void {}
  disconnect(): void {}
}
beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('IntersectionObserver', Observer)
})
afterEach(() => {
  app?.unmount()
  app = null
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

test('what is out of view follows once a second, and what is in view at once', async () => {
  const figure = ref(1)
  const host = document.createElement('div')
  const before = { ...ledger.held }
  app = createApp({ render: () => h(InView, null, { default: () => `figure ${figure.value}` }) })
  app.mount(host)
  vi.advanceTimersByTime(50)
  await nextTick()

  figure.value = 2
  await nextTick()
  expect(host.textContent).toBe('figure 1')
  vi.advanceTimersByTime(2000)
  await nextTick()
  expect(host.textContent).toBe('figure 2')

  tell(true)
  await nextTick()
  figure.value = 3
  await nextTick()
  expect(host.textContent).toBe('figure 3')

  tell(false)
  await nextTick()
  figure.value = 4
  await nextTick()
  expect(host.textContent).toBe('figure 3')

  app.unmount()
  app = null
  expect(ledger.held).toEqual(before)
})
