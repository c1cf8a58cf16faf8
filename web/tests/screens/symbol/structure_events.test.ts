import { afterEach, expect, test, vi } from 'vitest'
import { createApp, h, type App } from 'vue'
import StructureEvents from '@/screens/symbol/StructureEvents.vue'
import { event, HOUR, OPEN } from './structure_readings'

let app: App | null = null
afterEach(() => {
  app?.unmount()
  app = null
})

function shown(given: object): HTMLElement {
  const host = document.createElement('div')
  const props = {
    events: [event(5), event(3)], judged: [], chosen: '', decimals: 1, nowMs: OPEN + 10 * HOUR, isPast: false, rangeId: 1, ...given,
  }
  app = createApp({ render: () => h(StructureEvents, props) })
  app.mount(host)
  return host
}

test('an event is opened by its button, and shows each rule with what was measured', () => {
  const choose = vi.fn()
  const host = shown({ chosen: 'spring-5', onChoose: choose })
  const rules = [...host.querySelectorAll('.rules tbody tr')].map((row) => row.textContent?.replace(/\s+/g, ' ').trim())

  expect(rules).toEqual([
    'how far it went through the ice1.2 %at most 5 %✓ passed, required',
    'volume against the usual1.4at most 0.7– not passed, not required',
  ])
  expect(host.textContent).toContain('Confidence 72 %')
  expect(host.textContent).toContain('does not say how often the price went on')
  const [first, second] = host.querySelectorAll('th > button')
  expect([first.getAttribute('aria-expanded'), second.getAttribute('aria-expanded')]).toEqual(['true', 'false'])
  ;(second as HTMLElement).click()
  expect(choose).toHaveBeenCalledWith('spring-3')
})

test('an event that is opened says what rules of signals make of it, check by check', () => {
  const checks = [
    { validator: 'volume', figure: 'volume', text: 'volume', measured: 0.7, sense: '<=', threshold: 1.5, passed: true },
    { validator: 'level', figure: 'quality', text: 'quality', measured: 43, sense: '>=', threshold: 50, passed: false },
  ]
  const host = shown({ chosen: 'spring-5', judged: [{ rule: 'spring_long', checks }] })
  const [, table] = host.querySelectorAll('table.rules')

  expect(host.textContent).toContain('As a trade: refused by level: quality 43 < 50.')
  expect([...table.querySelectorAll('tbody tr')].map((row) => row.textContent?.replace(/\s+/g, ' ').trim())).toEqual([
    'volume: volume0.7at most 1.5✓ passed',
    'level: quality43at least 50✕ refused',
  ])
  app?.unmount()
  expect(shown({ chosen: 'spring-5' }).textContent).toContain('As a trade: not judged.')
})

test('one that was withdrawn is struck through and says so, but not as of a moment before', () => {
  const events = [event(5, { is_withdrawn: true })]

  expect(shown({ events }).querySelector('s')?.textContent).toBe('SPRING')
  app?.unmount()
  const host = shown({ events, isPast: true })
  expect([host.querySelector('s'), host.textContent?.includes('withdrawn')]).toEqual([null, false])
})

test('events of a range before the present one are told apart in words', () => {
  const host = shown({ events: [event(5), event(3, { range_id: 0 })] })
  const rows = [...host.querySelectorAll('tbody')].map((one) => one.textContent?.includes('earlier range'))

  expect(rows).toEqual([false, true])
})

test('the arrow keys walk along the events', () => {
  const host = shown({})
  document.body.append(host)
  const buttons = [...host.querySelectorAll<HTMLElement>('th > button')]
  buttons[0].focus()
  buttons[0].dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }))
  expect(document.activeElement).toBe(buttons[1])
  buttons[1].dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true }))
  expect(document.activeElement).toBe(buttons[0])
  host.remove()
})

test('where none is known it says so', () => {
  expect(shown({ events: [] }).textContent).toContain('No event has been confirmed yet.')
  app?.unmount()
  expect(shown({ events: [], isPast: true }).textContent).toContain('No event that is still kept was known then.')
})
