import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { activeShortcuts, startShortcuts, useShortcuts } from '@/app/shortcuts'
import { matching } from '@/app/symbols'
import { Owned } from '@/owned/owned'
import { settings } from '@/settings/settings'

let owned = new Owned()
beforeEach(() => {
  owned = new Owned()
  startShortcuts(owned)
})
afterEach(() => {
  owned.end()
  settings.areKeysOn = true
  document.body.replaceChildren()
})

function press(key: string, target: EventTarget = document.body, at = 0): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })
  Object.defineProperty(event, 'timeStamp', { value: at })
  target.dispatchEvent(event)
  return event
}

function bound(keys: string) {
  const act = vi.fn()
  useShortcuts(owned, [{ keys, title: keys, group: 'test', act }])
  return act
}

test('a key does what it is bound to, and nothing else sees it', () => {
  const act = bound('/')
  expect(press('/').defaultPrevented).toBe(true)
  expect(act).toHaveBeenCalledTimes(1)
})

test('two keys in a row are one shortcut, unless too much time passes between them', () => {
  const act = bound('g m')
  press('g', document.body, 0)
  press('m', document.body, 500)
  expect(act).toHaveBeenCalledTimes(1)
  press('g', document.body, 1000)
  press('m', document.body, 3000)
  expect(act).toHaveBeenCalledTimes(1)
})

test('keys rest while something is typed, and when they are switched off', () => {
  const act = bound('f')
  const field = document.createElement('input')
  document.body.append(field)
  press('f', field)
  settings.areKeysOn = false
  press('f')
  expect(act).not.toHaveBeenCalled()
})

test('the newest of a key wins for as long as its owner lives', () => {
  const first = bound('/')
  const inner = new Owned()
  const second = vi.fn()
  useShortcuts(inner, [{ keys: '/', title: 'inner', group: 'test', act: second }])
  press('/')
  expect(activeShortcuts().filter((one) => one.keys === '/')).toHaveLength(1)
  inner.end()
  press('/')

  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1])
})

test('three keys find a symbol: equal, then at the start, then anywhere', () => {
  const symbols = ['WBTCUSDT', 'BTCUSDT', 'BTCDOMUSDT', 'ETHUSDT']
  expect(matching('btc', symbols)).toEqual(['BTCUSDT', 'BTCDOMUSDT', 'WBTCUSDT'])
  expect(matching('e', symbols)[0]).toBe('ETHUSDT')
  expect(matching('zzz', symbols)).toEqual([])
  expect(matching('', symbols, 2)).toEqual(['WBTCUSDT', 'BTCUSDT'])
})
