import { expect, test } from 'vitest'
import type { GridColumn } from '@/grid/column'
import { GridBody } from '@/grid/grid_body'

const column = (id: string, text: (row: number) => string): GridColumn => ({
  id,
  title: id,
  about: id,
  width: 50,
  align: 'end',
  text,
})
const tone = () => ''
const rows = Int32Array.from({ length: 100 }, (_, row) => row)

function drawn() {
  const host = document.createElement('div')
  let values = (row: number) => `v${row}`
  const body = new GridBody(host, 'g', [column('a', (row) => values(row)), column('b', () => 'same')])
  return { host, body, set: (next: (row: number) => string) => (values = next) }
}

const shown = (host: HTMLElement) =>
  [...host.children]
    .sort((a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex')))
    .map((row) => row.firstElementChild?.textContent)

test('as many elements as the window has rows, each with its number', () => {
  const { host, body } = drawn()
  body.draw({ first: 10, count: 4 }, rows, 26, tone, -1, -1)

  expect(shown(host)).toEqual(['v10', 'v11', 'v12', 'v13'])
  expect([...host.children].map((row) => row.getAttribute('aria-rowindex')).sort()).toEqual(['12', '13', '14', '15'])
})

test('many rows come over several frames, and none is forgotten', () => {
  const { host, body } = drawn()
  const whole = () => body.draw({ first: 5, count: 20 }, rows, 26, tone, 24, 0)

  expect(whole()).toBe(false)
  expect(shown(host)).toEqual(Array.from({ length: 8 }, (_, n) => `v${n + 5}`))
  expect(body.cellId(24, 0)).toBe('')
  expect(whole()).toBe(false)
  expect(whole()).toBe(true)
  expect(shown(host)).toEqual(Array.from({ length: 20 }, (_, n) => `v${n + 5}`))
  expect(host.querySelector(`[id="${body.cellId(24, 0)}"]`)?.textContent).toBe('v24')

  expect(body.draw({ first: 5, count: 2 }, rows, 26, tone, -1, -1)).toBe(true)
  expect(shown(host)).toEqual(['v5', 'v6'])
})

test('rows that are shown again are the elements that they were', () => {
  const { host, body } = drawn()
  body.draw({ first: 0, count: 6 }, rows, 26, tone, -1, -1)
  const before = new Set(host.children)
  body.draw({ first: 0, count: 1 }, rows, 26, tone, -1, -1)
  expect(shown(host)).toEqual(['v0'])
  expect(body.draw({ first: 20, count: 6 }, rows, 26, tone, -1, -1)).toBe(false)
  expect(host.children).toHaveLength(1)
  expect(body.draw({ first: 20, count: 6 }, rows, 26, tone, -1, -1)).toBe(true)
  expect(shown(host)).toEqual(['v20', 'v21', 'v22', 'v23', 'v24', 'v25'])
  expect([...host.children].every((row) => before.has(row))).toBe(true)
})

test('another order is there after two frames, and a row that is none any more not even for one', () => {
  const { host, body } = drawn()
  const window = { first: 0, count: 30 }
  const back = Int32Array.from({ length: 30 }, (_, row) => 29 - row)
  for (let n = 0; n < 4; n += 1) body.draw(window, rows, 26, tone, -1, -1)
  expect(body.draw(window, back, 26, tone, -1, -1)).toBe(false)
  expect(shown(host)).toEqual(Array.from({ length: 30 }, (_, n) => (n < 10 ? `v${29 - n}` : `v${n}`)))
  expect(body.draw(window, back, 26, tone, -1, -1)).toBe(true)
  expect(shown(host)).toEqual(Array.from({ length: 30 }, (_, n) => `v${29 - n}`))

  const others = Int32Array.from({ length: 30 }, (_, row) => 40 + row)
  expect(body.draw(window, others, 26, tone, -1, -1)).toBe(true)
  expect(shown(host)).toEqual(Array.from({ length: 30 }, (_, n) => `v${40 + n}`))
})

test('scrolling by one row changes one element', () => {
  const { host, body } = drawn()
  body.draw({ first: 10, count: 4 }, rows, 26, tone, -1, -1)
  const before = [...host.children].map((row) => (row as HTMLElement).style.transform)
  body.draw({ first: 11, count: 4 }, rows, 26, tone, -1, -1)
  const after = [...host.children].map((row) => (row as HTMLElement).style.transform)

  expect(after.filter((one, at) => one !== before[at])).toHaveLength(1)
  expect(shown(host)).toEqual(['v11', 'v12', 'v13', 'v14'])
})

test('only what differs is written', () => {
  const { host, body, set } = drawn()
  body.draw({ first: 0, count: 3 }, rows, 26, tone, -1, -1)
  const texts = [...host.querySelectorAll('[role=gridcell]')].map((cell) => cell.firstChild as Text)
  let writes = 0
  for (const text of texts) {
    let data = text.data
    Object.defineProperty(text, 'data', {
      get: () => data,
      set: (value: string) => {
        writes += 1
        data = value
      },
    })
  }
  body.draw({ first: 0, count: 3 }, rows, 26, tone, -1, -1)
  expect(writes).toBe(0)
  set((row) => (row === 1 ? 'new' : `v${row}`))
  body.draw({ first: 0, count: 3 }, rows, 26, tone, -1, -1)
  expect(writes).toBe(1)
})

test('the active row is said, and its cell found while it is in the window', () => {
  const { host, body } = drawn()
  body.draw({ first: 5, count: 3 }, rows, 26, tone, 6, 1)
  const id = body.cellId(6, 1)

  expect(host.querySelector('[aria-selected=true]')?.getAttribute('aria-rowindex')).toBe('8')
  expect(host.querySelector(`[id="${id}"]`)?.className).toContain('at')
  body.draw({ first: 50, count: 3 }, rows, 26, tone, 6, 1)
  expect(body.cellId(6, 1)).toBe('')
})
