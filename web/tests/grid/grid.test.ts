import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createApp, h, nextTick, ref, type App } from 'vue'
import Grid from '@/grid/Grid.vue'
import type { GridColumn } from '@/grid/column'

const columns: GridColumn[] = [
  { id: 'symbol', title: 'Symbol', about: 'its name', width: 80, align: 'start', text: (row) => `S${row}`, isPinned: true },
  { id: 'price', title: 'Price', about: 'the last', width: 80, align: 'end', text: (row) => `${row}` },
]
const order = { rows: new Int32Array(0) }
const active = ref('')
let app: App | null = null
let grid: HTMLElement

beforeEach(() => {
  vi.useFakeTimers()
  order.rows = Int32Array.from([5, 6, 7, 8])
  active.value = ''
})
afterEach(() => {
  app?.unmount()
  app = null
  vi.useRealTimers()
})

async function shown(): Promise<void> {
  const host = document.createElement('div')
  document.body.append(host)
  const props = {
    label: 'All',
    columns,
    order,
    rowHeight: 26,
    sort: '',
    isDescending: false,
    isCards: false,
    idOf: (row: number) => `S${row}`,
    toneOf: () => '',
    before: () => {},
    'onUpdate:active': (id: string) => (active.value = id),
  }
  app = createApp({ render: () => h(Grid, { ...props, active: active.value }) })
  app.mount(host)
  grid = host.querySelector<HTMLElement>('[role=grid]')!
  await nextTick()
}

async function press(key: string): Promise<void> {
  grid.dispatchEvent(new KeyboardEvent('keydown', { key }))
  await nextTick()
}

async function focus(): Promise<void> {
  grid.dispatchEvent(new FocusEvent('focus'))
  await nextTick()
}

test('keys that come before the next frame move on from the first row', async () => {
  await shown()
  await focus()
  expect(active.value).toBe('S5')
  await press('ArrowDown')
  await press('ArrowDown')
  expect(active.value).toBe('S7')
})

test('the first row is the active one when the rows come after the focus', async () => {
  order.rows = new Int32Array(0)
  await shown()
  await focus()
  expect(active.value).toBe('')
  order.rows = Int32Array.from([5, 6, 7, 8])
  vi.advanceTimersByTime(2000)
  await nextTick()
  expect(active.value).toBe('S5')
  await press('ArrowDown')
  expect(active.value).toBe('S6')
})

test('a row that was chosen stays the active one when the focus comes back', async () => {
  active.value = 'S8'
  await shown()
  await focus()
  vi.advanceTimersByTime(2000)
  expect(active.value).toBe('S8')
})
