// Fails when what a browser has to load grows past its budget; sizes are those of gzip -9.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const folder = new URL('../../src/tidemark/api/static/', import.meta.url)
const KB = 1024
const BUDGETS = { initial: 90 * KB, route: 180 * KB, css: 8 * KB }

const text = (name) => readFileSync(new URL(name, folder), 'utf8')
const size = (name) => gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length
const assets = readdirSync(new URL('assets/', folder)).map((name) => `assets/${name}`)
const scripts = assets.filter((name) => name.endsWith('.js'))

/** What a script imports: at once, and when it is wanted. */
function imports(name) {
  const source = text(name)
  const files = (pattern) => [...source.matchAll(pattern)].map((found) => `assets/${found[1]}`)
  const wanted = files(/import\(\s*["'`]\.\/([\w.-]+\.js)["'`]/g)
  const atOnce = files(/(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g)
  return { atOnce, wanted }
}

function closure(names, isDeep) {
  const found = new Set()
  const queue = [...names]
  while (queue.length > 0) {
    const name = queue.pop()
    if (found.has(name) || !scripts.includes(name)) continue
    found.add(name)
    const { atOnce, wanted } = imports(name)
    queue.push(...atOnce, ...(isDeep ? wanted : []))
  }
  return found
}

const sum = (names) => [...names].reduce((total, name) => total + size(name), 0)
const entry = [...text('index.html').matchAll(/src="\.\/(assets\/[\w.-]+\.js)"/g)].map((found) => found[1])
const shell = closure(entry, false)
const screens = scripts.filter((name) => /\/Screen-/.test(name))
const market = screens.find((name) => text(name).includes('All markets'))
if (!market) throw new Error('no script has the market screen: build first')

const rows = [['initial: shell and market', sum(closure([...shell, market], false)), BUDGETS.initial]]
for (const screen of screens) {
  const all = new Set([...shell, ...closure([screen], true)])
  rows.push([`route ${screen.slice('assets/'.length)}, all it may load`, sum(all), BUDGETS.route])
}
rows.push(['css, all of it', sum(assets.filter((name) => name.endsWith('.css'))), BUDGETS.css])

let isOver = false
for (const [what, bytes, budget] of rows) {
  isOver ||= bytes > budget
  const told = `${(bytes / KB).toFixed(1)} KB of ${budget / KB} KB`
  process.stdout.write(`${bytes > budget ? 'OVER' : 'ok  '} ${told.padStart(20)}  ${what}\n`)
}
process.exitCode = isOver ? 1 : 0
