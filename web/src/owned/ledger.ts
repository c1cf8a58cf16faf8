/** What is held at this moment, by kind; the browser's own ledger, shown on the System screen and read by the tests. */
export type Kind =
  | 'timers'
  | 'listeners'
  | 'observers'
  | 'requests'
  | 'subscriptions'
  | 'charts'
  | 'frames'
  | 'keys'

export interface Store {
  size: number
  capacity: number
  [figure: string]: number
}

class Ledger {
  readonly held: Record<Kind, number> = {
    timers: 0,
    listeners: 0,
    observers: 0,
    requests: 0,
    subscriptions: 0,
    charts: 0,
    frames: 0,
    keys: 0,
  }

  private readonly probes = new Map<string, () => Store>()

  /** Lists a bounded store under a name; the same name again replaces it. */
  register(name: string, probe: () => Store): void {
    this.probes.set(name, probe)
  }

  /** Every bounded store with its fill. */
  stores(): Record<string, Store> {
    const found: Record<string, Store> = {}
    for (const [name, probe] of this.probes) found[name] = probe()
    return found
  }
}

export const ledger = new Ledger()

declare global {
  interface Window {
    __ledger: Ledger
  }
}

if (typeof window !== 'undefined') window.__ledger = ledger
