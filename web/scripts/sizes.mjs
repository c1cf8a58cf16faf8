// Fails when what a browser has to load grows past its budget; sizes are those of gzip -9.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const folder = new URL('../../src/tidemark/api/static/', import.meta.url)
const KB = 1024
const INITIAL = 90 * KB
const ROUTE = 180 * KB
const CSS = 8 * KB

const text = (name) => readFileSync(new URL(name, folder), 'utf8')
const size = (name) => gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length
const assets = new Set(readdirSync(new URL('assets/', folder)).map((name) => `assets/${name}`))
const all = (source, pattern) => [...source.matchAll(pattern)].map((found) => found[1])

/** What a script loads at once, and what when it is wanted: scripts, each with what it needs, style sheets too. */
function loads(name) {
  const source = text(name)
  const listed = /__vite__mapDeps=.*?\[((?:["'`][^"'`]+["'`],?)*)\]/.exec(source)
  const files = listed ? all(listed[1], /["'`]\.?\/?(?:assets\/)?([^"'`]+)["'`]/g) : []
  const pattern =
    /import\(\s*["'`]\.\/([\w.-]+\.js)["'`]\s*\)(?:\.then\([^)]*\))?(?:,__vite__mapDeps\(\[([\d,]*)\])?/g
  const wanted = [...source.matchAll(pattern)]
  return {
    atOnce: all(source, /(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g),
    wanted: wanted.map(([, script, numbers = '']) => [
      script,
      ...numbers.split(',').filter(Boolean).map((number) => files[Number(number)]),
    ]),
  }
}

/** Everything that *names* lead to; what is only wanted is followed when *isDeep*, but not from within *known*. */
function closure(names, isDeep, known = new Set()) {
  const found = new Set(known)
  const queue = [...names]
  while (queue.length > 0) {
    const name = queue.pop()
    if (found.has(name) || !assets.has(name)) continue
    found.add(name)
    if (!name.endsWith('.js')) continue
    const { atOnce, wanted } = loads(name)
    queue.push(...[...atOnce, ...(isDeep ? wanted.flat() : [])].map((file) => `assets/${file}`))
  }
  return found
}

const sum = (names, ending) =>
  [...names].filter((name) => name.endsWith(ending)).reduce((total, name) => total + size(name), 0)
const page = all(text('index.html'), /(?:src|href)="\.\/(assets\/[\w.-]+\.(?:js|css))"/g)
const shell = closure(page, false)
const screens = [...assets].filter((name) => name.startsWith('assets/screen-') && name.endsWith('.js'))
const market = screens.find((name) => name.startsWith('assets/screen-market-'))
if (!market) throw new Error('there is no script of the market screen: build first')

/** What each screen needs, as the scripts of the shell say. */
const needs = [...shell].filter((name) => name.endsWith('.js')).flatMap((name) => loads(name).wanted)
const rows = [['scripts at first: shell and market', sum(closure([market], false, shell), '.js'), INITIAL]]
for (const screen of screens) {
  const route = closure([screen], true, shell)
  const own = needs.find(([script]) => `assets/${script}` === screen) ?? []
  for (const name of own.filter((one) => one.endsWith('.css'))) route.add(`assets/${name}`)
  const title = /screen-(\w+?)-/.exec(screen)[1]
  rows.push([`scripts of the route of ${title}`, sum(route, '.js'), ROUTE])
  rows.push([`styles of the route of ${title}`, sum(route, '.css'), CSS])
}

let isOver = false
for (const [what, bytes, budget] of rows) {
  isOver ||= bytes > budget
  const told = `${(bytes / KB).toFixed(1)} KB of ${budget / KB} KB`
  process.stdout.write(`${bytes > budget ? 'OVER' : 'ok  '} ${told.padStart(20)}  ${what}\n`)
}
process.exitCode = isOver ? 1 : 0
