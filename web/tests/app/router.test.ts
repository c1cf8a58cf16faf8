import { beforeEach, expect, test, vi } from 'vitest'
import { go, href, linkTo, parse, replaceQuery, route, startRouter } from '@/app/router'
import { Owned } from '@/owned/owned'

let owned = new Owned()

beforeEach(() => {
  owned.end()
  owned = new Owned()
  location.hash = ''
})

function visit(hash: string): void {
  history.replaceState(null, '', hash)
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}

test('an address is a screen, what it shows and what is asked of it', () => {
  expect(parse('#/symbol/BTCUSDT?tf=1h&x=a%2Cb')).toEqual({
    screen: 'symbol',
    param: 'BTCUSDT',
    query: { tf: '1h', x: 'a,b' },
  })
  expect(parse('')).toEqual({ screen: '', param: '', query: {} })
  expect(parse('#/symbol/%E0%A4%A').param).toBe('%E0%A4%A')
  expect(parse(href('symbol', '1000PEPE/USDT', { tf: '1h' })).param).toBe('1000PEPE/USDT')
})

test('an unknown screen becomes the first', () => {
  startRouter(owned, ['market', 'system'], 'market')
  expect(route.value.screen).toBe('market')
  visit('#/nowhere')
  expect(route.value.screen).toBe('market')
})

test('what is asked of a screen is changed without a step in the history, and found again on the way back', async () => {
  startRouter(owned, ['market', 'system'], 'market')
  const steps = history.length
  visit('#/market?sort=score-desc')
  replaceQuery({ q: 'BTC', sort: null })

  expect(route.value.query).toEqual({ q: 'BTC' })
  await vi.waitFor(() => expect(location.hash).toBe('#/market?q=BTC'))
  expect(history.length).toBe(steps)
  visit('#/system')
  expect(linkTo('market')).toBe('#/market?q=BTC')
})

test('an address that is not written yet is written before another is gone to', async () => {
  startRouter(owned, ['market', 'system'], 'market')
  visit('#/market')
  replaceQuery({ q: 'BTC' })
  replaceQuery({ q: 'ETH' })
  expect(location.hash).toBe('#/market')
  go('system')
  history.back()
  await vi.waitFor(() => expect(location.hash).toBe('#/market?q=ETH'))
})

test('what was asked of a screen that was left meanwhile changes no other address', async () => {
  startRouter(owned, ['market', 'system'], 'market')
  visit('#/market')
  replaceQuery({ q: 'BTC' })
  visit('#/system')
  await new Promise<void>((shown) => owned.afterPaint(shown))
  await new Promise<void>((shown) => owned.timeout(0, shown))
  expect(location.hash).toBe('#/system')
})
