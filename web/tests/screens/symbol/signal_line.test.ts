import { afterEach, expect, test, vi } from 'vitest'
import { createApp, h, type App } from 'vue'
import SignalLine from '@/screens/symbol/SignalLine.vue'
import type { SignalRow } from '@/wire/rest'
import { row } from '../signals/rows'

let app: App | null = null
afterEach(() => {
  app?.unmount()
  app = null
})

interface Given {
  rows?: SignalRow[]
  here?: SignalRow[]
  [prop: string]: unknown
}

function shown({ rows = [], here = [], ...given }: Given): HTMLElement {
  const host = document.createElement('div')
  const props = {
    symbol: 'BTCUSDT', timeframe: '1m', rows, here, marked: rows.length, isPointed: false, plan: null, chosen: '',
    decimals: 1, isAwaited: false, flaw: '', ...given,
  }
  app = createApp({ render: () => h(SignalLine, props) })
  app.mount(host)
  return host
}

test('what was raised in the candle that is looked at leads to the signal', () => {
  const won = row(0, { stage: 'target', is_open: false, net_r: 1.92 })
  const host = shown({ rows: [row(5), won], here: [won], isPointed: true })

  expect(host.textContent).toContain('1 signal in this candle: ▲ long confluence (Conf) 22:13 target +1.92 R')
  expect(host.querySelector('a')?.getAttribute('href')).toBe(`#/signals?symbol=BTCUSDT&id=${won.id}`)
})

test('where nothing was raised the newest is named, and how many have no marker', () => {
  const host = shown({ rows: [row(5), row(0)], marked: 1, isPointed: true })

  expect(host.textContent).toContain('None in this candle; 2 signals in these candles, 1 without a marker, the newest: ')
  expect(host.querySelectorAll('.one')).toHaveLength(1)
})

test('of many in one candle three are named, and all are a link away', () => {
  const here = [0, 1, 2, 3, 4].map((n) => row(n))
  const host = shown({ rows: here, here })

  expect(host.querySelectorAll('button')).toHaveLength(3)
  expect(host.textContent).toContain('and 2 more')
  expect([...host.querySelectorAll('a')].at(-1)?.getAttribute('href')).toBe('#/signals?symbol=BTCUSDT')
})

test('the plan that is drawn stands there in words, and another can be chosen', () => {
  const choose = vi.fn()
  const host = shown({ rows: [row(5), row(0)], here: [row(0)], plan: row(5), onChoose: choose })

  expect(host.textContent).toContain('entry 100.0 · stop 98.0 · first target 102.0 · last target 104.0')
  const button = host.querySelector('button')
  expect(button?.getAttribute('aria-pressed')).toBe('false')
  button?.click()
  expect(choose).toHaveBeenCalledWith(row(0).id)
})

test('what was chosen is let go by the same button', () => {
  const choose = vi.fn()
  const host = shown({ rows: [row(0)], here: [row(0)], plan: row(0), chosen: row(0).id, onChoose: choose })

  expect(host.querySelector('button')?.getAttribute('aria-pressed')).toBe('true')
  host.querySelector('button')?.click()
  expect(choose).toHaveBeenCalledWith(null)
})

test('a notice has no plan', () => {
  const notice = row(0, { kind: 'notice', side: 0, rule: 'regime_change' })

  expect(shown({ rows: [notice], here: [notice] }).querySelector('button')).toBeNull()
})

test('nothing to show says what is awaited, or that there is none, and why', () => {
  expect(shown({ isAwaited: true }).textContent).toContain('awaited')
  app?.unmount()
  expect(shown({ flaw: 'no database' }).textContent).toContain(
    'No signal of BTCUSDT was raised in these candles of 1m. ▲ no database',
  )
})
