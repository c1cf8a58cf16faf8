import { PushClient, type Socket, type Surroundings } from '@/push/client'

/** A socket whose server is the test. */
export class FakeSocket implements Socket {
  onopen: Socket['onopen'] = null
  onmessage: Socket['onmessage'] = null
  onclose: Socket['onclose'] = null
  onerror: Socket['onerror'] = null
  readyState = 0
  readonly sent: Record<string, unknown>[] = []

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>)
  }

  close(): void {
    this.readyState = 3
  }

  accept(): void {
    this.readyState = 1
    this.onopen?.({})
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  drop(code = 1006, reason = ''): void {
    this.readyState = 3
    this.onclose?.({ code, reason })
  }
}

/** A client on a clock that the test moves; what is to be done soon is done by `flush`. */
export class World implements Surroundings {
  at = 1_000_000
  readonly sockets: FakeSocket[] = []
  secret: string | null = null
  private timers: { due: number; act: () => void }[] = []
  private waiting: (() => void)[] = []
  readonly client = new PushClient(this)

  get socket(): FakeSocket {
    return this.sockets[this.sockets.length - 1]
  }

  open(): Socket {
    const socket = new FakeSocket()
    this.sockets.push(socket)
    return socket
  }

  now(): number {
    return this.at
  }

  later(ms: number, act: () => void): () => void {
    const timer = { due: this.at + ms, act }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((one) => one !== timer)
    }
  }

  soon(act: () => void): void {
    this.waiting.push(act)
  }

  random(): number {
    return 0
  }

  token(): string | null {
    return this.secret
  }

  /** Does once what is to be done soon. */
  flush(): void {
    for (const act of this.waiting.splice(0)) act()
  }

  settle(): void {
    while (this.waiting.length > 0) this.flush()
  }

  pass(ms: number): void {
    const end = this.at + ms
    for (;;) {
      const next = this.timers.filter((one) => one.due <= end).sort((a, b) => a.due - b.due)[0]
      if (!next) break
      this.timers = this.timers.filter((one) => one !== next)
      this.at = next.due
      next.act()
    }
    this.at = end
  }

  connected(): this {
    this.client.start()
    this.socket.accept()
    return this
  }
}
