import type { Connections } from '@/wire/rest'

/** What came over each connection per second, between the two newest answers; empty before the second. */
export class Rates {
  private before: Connections | null = null
  private rates = new Map<string, { messages: number; bytes: number }>()

  look(now: Connections): void {
    const { before } = this
    this.before = now
    if (!before || now.as_of_ms <= before.as_of_ms) return
    const seconds = (now.as_of_ms - before.as_of_ms) / 1000
    const older = new Map(before.connections.map((one) => [one.name, one]))
    this.rates = new Map()
    for (const one of now.connections) {
      const was = older.get(one.name)
      if (!was || one.messages < was.messages) continue
      this.rates.set(one.name, {
        messages: (one.messages - was.messages) / seconds,
        bytes: (one.bytes - was.bytes) / seconds,
      })
    }
  }

  of(name: string): { messages: number; bytes: number } {
    return this.rates.get(name) ?? { messages: NaN, bytes: NaN }
  }
}
