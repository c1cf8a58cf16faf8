import type { Page } from '@playwright/test'

declare global {
  interface Window {
    /** Pushes *updates* as fast as they are read, and tells how many a second that were. */
    flood: (updates: number) => Promise<number>
  }
}

/**
 * Puts *markets* made-up markets into the place of what the server says of all markets: every one of them changes in
 * each of *perSecond* updates, in all the columns that a trade moves. All else comes from the server.
 */
export async function crowd(page: Page, markets: number, perSecond: number): Promise<void> {
  await page.addInitScript(
    ([count, rate]) => {
      type Act = ((event: { data: unknown }) => void) | null
      const MOVED = ['price', 'change_1h', 'change_24h', 'turnover_24h', 'trades_per_s', 'spread_bps', 'score']
      const SCORED = ['technical', 'structure', 'volume', 'order_flow', 'order_book', 'sentiment']
      const BODIES = 16
      /** What waits to be read has 2 MB. */
      const AT_ONCE = 20
      interface Told {
        seq: number
        universe: number
        symbols: string[]
        decimals: number[]
        c: Record<string, (number | null)[]>
      }
      let tell: Act = null
      let timer: ReturnType<typeof setInterval> | undefined
      let seq = 0
      let head = ''
      let bodies: string[] = []

      function begin(text: string): void {
        const told = JSON.parse(text) as Told
        const known = told.symbols.length
        const all = Array.from({ length: count }, (_, n) => n)
        told.symbols = all.map((n) => told.symbols[n] ?? `M${n}USDT`)
        told.decimals = all.map((n) => told.decimals[n % known])
        for (const name of Object.keys(told.c)) told.c[name] = all.map((n) => told.c[name][n % known])
        for (const name of ['score', ...SCORED]) told.c[name] = all.map((n) => 20 + ((n * 37) % 60))
        seq += 1
        told.seq = seq
        tell?.({ data: JSON.stringify(told) })
        const shaken = (value: number | null, by: number) => Number(((value ?? 1) * (1 + by)).toPrecision(7))
        head = `{"type":"delta","topic":"overview","universe":${told.universe},"i":${JSON.stringify(all)}`
        bodies = Array.from({ length: BODIES }, (_, body) => {
          const columns = [...MOVED, ...SCORED].map((name) => {
            const values = told.c[name].map((value, n) => shaken(value, Math.sin(n * 7 + body * 3) / 400))
            return `${JSON.stringify(name)}:${JSON.stringify(values)}`
          })
          return columns.join()
        })
      }

      function update(): void {
        const ts = Date.now()
        seq += 1
        const last = `"last_ms":[${`${ts},`.repeat(count - 1)}${ts}]`
        tell?.({ data: `${head},"seq":${seq},"ts":${ts},"c":{${bodies[seq % BODIES]},${last}}}` })
      }

      window.flood = async (updates) => {
        clearInterval(timer)
        const from = performance.now()
        for (let left = updates; left > 0; ) {
          await new Promise((done) => setTimeout(done))
          for (let n = window.__ledger.stores().messages.size; n < AT_ONCE && left > 0; n += 1, left -= 1) update()
        }
        const took = performance.now() - from
        timer = setInterval(update, 1000 / rate)
        return (1000 * updates) / took
      }

      const Real = window.WebSocket
      const heard = Object.getOwnPropertyDescriptor(Real.prototype, 'onmessage')
      window.WebSocket = class extends Real {
        override set onmessage(act: Act) {
          tell = act
          heard?.set?.call(this, (event: { data: unknown }) => {
            const text = String(event.data)
            if (!text.includes('"topic":"overview"') || text.startsWith('{"type":"subscribed"')) return act?.(event)
            if (!text.startsWith('{"type":"snapshot"')) return
            begin(text)
            clearInterval(timer)
            timer = setInterval(update, 1000 / rate)
          })
        }
      } as typeof WebSocket
    },
    [markets, perSecond],
  )
}
