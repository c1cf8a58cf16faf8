import type { Page, WebSocketRoute } from '@playwright/test'
import { expect, faults, open, test } from './page'

const AT = Date.now() - 3_600_000

function sink(name: string, scheme: string, given: object = {}): object {
  return { name, scheme, pending: 0, dead: 0, sent: 12, failed: 0, failure: null, ...given }
}

function told(n: number, given: object = {}): object {
  return {
    id: `1764000000000-0000000${n}`, at_ms: AT + n * 60_000, severity: ['info', 'warning', 'critical'][n % 3],
    title: `${n} markets: Confluence long`, text: 'it is above 65\nBTCUSDT and more', events: n, symbols: ['BTCUSDT'],
    rules: ['confluence'], link: 'http://127.0.0.1:1/#/symbol/BTCUSDT', read_ms: null, ...given,
  }
}

/** Answers as of a process that tells people: a demonstration has no sinks. */
async function alerting(page: Page): Promise<string[]> {
  const asked: string[] = []
  const sinks = [
    sink('screens', 'browser'),
    sink('phone', 'ntfy', { failed: 9, dead: 2, pending: 3, failure: 'the service answered 503' }),
  ]
  const row = { sink: 'phone', at_ms: AT, attempts: 8, error: 'the service answered 503', title: 'Confluence long' }
  const answers: Record<string, object> = {
    '/api/v1/alerts': {
      is_wanted: true, is_running: true, failure: null, resident_bytes: 9e7, events: 40, late: 2, unread: 3, sinks,
    },
    '/api/v1/history/dead_letters': {
      dead_letters: [{ ...row, number: 18 }, { ...row, number: 17 }], next_before: null, count: 2, note: null,
    },
    '/api/v1/history/notifications': {
      notifications: [told(3), told(2), told(1, { read_ms: AT + 90_000 })], next_before: 'x', count: 3, note: null,
    },
  }
  await page.route(/\/api\/v1\/(alerts|history\/(dead_letters|notifications))(\?|$)/, (route) => {
    const url = new URL(route.request().url())
    asked.push(url.pathname + url.search)
    return route.fulfill({ json: { as_of_ms: Date.now(), ...answers[url.pathname] } })
  })
  return asked
}

test('sinks, dead letters and what was told are shown, in any width and theme', async ({ page }) => {
  const asked = await alerting(page)
  await open(page, '#/alerts')
  await expect(page.locator('.sinks tbody tr')).toHaveCount(2)
  await expect(page.locator('.sinks')).toContainText('failing: the service answered 503')
  await expect(page.locator('.dead').getByRole('button', { name: 'Send again number 18' })).toBeEnabled()
  await expect(page.locator('.told li')).toHaveCount(3)
  await expect(page.locator('.told .unread')).toHaveCount(2)
  await page.getByText('3 markets: Confluence long').click()
  await expect(page.locator('.told').getByRole('link', { name: 'Show the market' }).first()).toBeVisible()
  expect(await faults(page)).toEqual([])

  await page.locator('main h1').focus()
  await page.keyboard.press('u')
  await expect.poll(() => asked.some((one) => one.includes('only_unread=true'))).toBe(true)
  await expect.poll(() => page.url()).toContain('unread=1')

  await page.keyboard.press('t')
  await page.setViewportSize({ width: 320, height: 640 })
  await expect.poll(() => page.evaluate(() => document.querySelector('main')?.scrollWidth)).toBeLessThanOrEqual(320)
  expect(await faults(page)).toEqual([])
})

test('where no sink is configured it says how to name one', async ({ page }) => {
  await open(page, '#/market')
  await page.locator('main h1').focus()
  await page.keyboard.press('g')
  await page.keyboard.press('a')
  await expect(page.locator('.sinks')).toContainText('No sink is configured')
  await expect(page.locator('.sinks pre')).toContainText('screens browser:')
  await expect(page.locator('.dead')).toContainText('None')
  await expect(page.locator('.history')).toContainText('Nobody was told anything yet')
  await page.setViewportSize({ width: 320, height: 640 })
  await expect.poll(() => page.evaluate(() => document.querySelector('main')?.scrollWidth)).toBeLessThanOrEqual(320)
  expect(await faults(page)).toEqual([])
})

test('what a sink pushes to browsers comes up on any screen, once, and leads to the alerts', async ({ page }) => {
  let seq = 0
  let socket: WebSocketRoute | null = null
  await page.routeWebSocket(/\/ws$/, (made) => {
    socket = made
    made.connectToServer().onMessage((message) => {
      const said = JSON.parse(String(message)) as { topic?: string; type: string; seq: number }
      if (said.topic === 'notifications' && said.type === 'snapshot') seq = said.seq
      made.send(message)
    })
  })
  await open(page, '#/market')
  await expect.poll(() => seq).toBeGreaterThan(0)
  const push = (shown: object[]) => {
    seq += 1
    socket?.send(JSON.stringify({ type: 'delta', topic: 'notifications', seq, ts: Date.now(), told: [], shown }))
  }
  push([told(2)])
  push([told(2)])
  const toasts = page.getByRole('complementary', { name: 'New notifications' })
  await expect(toasts.getByRole('link')).toHaveText(['2 markets: Confluence long'])
  await expect(page.locator('.status')).toContainText('1 notice')
  expect(await faults(page)).toEqual([])
  await toasts.getByRole('link').click()
  await expect(page.locator('main h1')).toHaveText('Alerts')
  await expect(toasts).toHaveCount(0)
})
