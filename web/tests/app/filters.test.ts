import { afterEach, expect, test, vi } from 'vitest'
import { createApp, h, nextTick, type App, type Component } from 'vue'
import Choice from '@/app/Choice.vue'
import Filters from '@/app/Filters.vue'
import Pager from '@/app/Pager.vue'
import OrderHeld from '@/grid/OrderHeld.vue'

let app: App | null = null
afterEach(() => {
  app?.unmount()
  app = null
})

function shown(component: Component, props: object): HTMLElement {
  const host = document.createElement('div')
  app = createApp({ render: () => h(component, props) })
  app.mount(host)
  return host
}
const buttons = (host: HTMLElement) => [...host.querySelectorAll('button')]

test('a choice tells its value, and its title to who does not see it', async () => {
  const choose = vi.fn()
  const choices = [['', 'all'], ['up', 'rising']]
  const host = shown(Choice, { title: 'Leans', value: 'up', choices, isBare: true, onChoose: choose })
  const select = host.querySelector('select')!
  expect(select.value).toBe('up')
  expect(host.querySelector('.visually-hidden')?.textContent).toBe('Leans')
  select.value = ''
  select.dispatchEvent(new Event('change'))
  await nextTick()
  expect(choose).toHaveBeenCalledWith('')
})

test('all is offered where something is left out', () => {
  const all = vi.fn()
  const host = shown(Filters, { label: 'Signals', isFiltered: true, onAll: all })
  expect(host.querySelector('form')?.getAttribute('aria-label')).toBe('Signals')
  buttons(host)[0].click()
  expect(all).toHaveBeenCalledTimes(1)
  app?.unmount()
  expect(buttons(shown(Filters, { label: 'Signals', isFiltered: false }))).toEqual([])
})

test('pages lead to the newest and to the one before, where there are such', () => {
  const go = vi.fn()
  const host = shown(Pager, { before: '9', next: '5', onGo: go })
  for (const one of buttons(host)) one.click()
  expect(go.mock.calls).toEqual([[null], ['5']])
  app?.unmount()
  expect(buttons(shown(Pager, { before: '', next: null })).map((one) => one.disabled)).toEqual([true, true])
})

test('an order that is held says why, how long and for how many rows', () => {
  const apply = vi.fn()
  const host = shown(OrderHeld, { why: 'it has the focus', heldS: 14, pending: 1, onApply: apply })
  expect(host.textContent?.replace(/\s+/g, ' ').trim()).toBe('order held: it has the focus, 14 s · 1 move pending apply')
  buttons(host)[0].click()
  expect(apply).toHaveBeenCalledTimes(1)
  app?.unmount()
  expect(shown(OrderHeld, { why: '', pending: 3 }).textContent).toBe('')
})
