import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test as base, expect, type Page, type WebSocketRoute } from '@playwright/test'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Held {
  held: Record<string, number>
  stores: Record<string, Record<string, number>>
}

/** Notes every error that *page* logs or throws, and whatever it asks of another machine. */
export function listen(page: Page, found: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error') found.push(`logged: ${message.text()}`)
  })
  page.on('pageerror', (error) => found.push(`thrown: ${error.message}`))
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url())
    if (protocol !== 'data:' && hostname !== '127.0.0.1') found.push(`asked: ${request.url()}`)
  })
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).hostname !== '127.0.0.1') found.push(`connected: ${socket.url()}`)
  })
}

/** Takes out of *complaints* what a test has brought about: answers of status *status*. */
export function forgive(complaints: string[], status: number): void {
  complaints.splice(0, complaints.length, ...complaints.filter((one) => !one.includes(`status of ${status}`)))
}

/** The page, which fails its test when it logs an error or asks for anything that is not on this machine. */
export const test = base.extend<{ complaints: string[] }>({
  complaints: [
    async ({ page }, use) => {
      const found: string[] = []
      listen(page, found)
      await use(found)
      expect(found).toEqual([])
    },
    { auto: true },
  ],
})

export { expect }

export async function ledger(page: Page): Promise<Held> {
  return page.evaluate(() => ({ held: { ...window.__ledger.held }, stores: window.__ledger.stores() }))
}

/** Opens a screen and waits until the market is known. */
export async function open(page: Page, hash = '#/market'): Promise<void> {
  await page.goto(`/${hash}`)
  await expect(page.locator('.status .link')).toContainText('live', { timeout: 30_000 })
}

/** What axe finds that is serious or worse, by rule and place. */
export async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const runner = (window as unknown as { axe: { run: (on: Document, how: object) => Promise<AxeResults> } }).axe
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { violations } = await runner.run(document, { runOnly: tags, resultTypes: ['violations'] })
    return violations
      .filter((one) => one.impact === 'serious' || one.impact === 'critical')
      .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}`)
  })
}

interface AxeResults {
  violations: { id: string; impact: string; nodes: { target: string[] }[] }[]
}

interface Hand {
  /** Keeps back what the server says. */
  hold: (isHeld: boolean) => void
  /** Closes the connection, which may be made again unless it is refused. */
  cut: () => Promise<void>
  refuse: (isRefused: boolean) => void
}

/** The push connection with a hand on it. */
export async function wire(page: Page): Promise<Hand> {
  let isHeld = false
  let isRefused = false
  let newest: WebSocketRoute | null = null
  await page.routeWebSocket(/\/ws$/, (socket) => {
    if (isRefused) {
      void socket.close({ code: 1001, reason: 'cut by the test' })
      return
    }
    newest = socket
    const server = socket.connectToServer()
    server.onMessage((message) => {
      if (!isHeld) socket.send(message)
    })
  })
  return {
    hold: (value) => {
      isHeld = value
    },
    cut: async () => newest?.close({ code: 1001, reason: 'cut by the test' }),
    refuse: (value) => {
      isRefused = value
    },
  }
}
