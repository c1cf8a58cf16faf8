import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** A port that nobody has now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

/** Runs *act* with the address of a demonstration of its own, which has *settings* beside its defaults. */
export async function withDemo(settings: readonly string[], act: (url: string) => Promise<void>): Promise<void> {
  const port = await freePort()
  const given = [`api.port=${port}`, ...settings].flatMap((one) => ['--set', one])
  const server = spawn('../.venv/bin/tidemark', ['run', '--demo', '--symbols', '60', '--no-tui', ...given], {
    stdio: 'ignore',
  })
  const ended = once(server, 'exit')
  try {
    const url = `http://127.0.0.1:${port}`
    await Promise.race([
      answers(`${url}/health/live`),
      ended.then(([code]) => {
        throw new Error(`the demonstration ended before it answered, with ${String(code)}`)
      }),
    ])
    await act(url)
  } finally {
    server.kill('SIGTERM')
    await ended
  }
}

async function answers(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(url).catch(() => null)
    if (answer?.ok) return
    await new Promise((done) => setTimeout(done, 100))
  }
}
