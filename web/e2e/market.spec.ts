import { COLUMNS } from '../src/wire/overview'
import { expect, faults, open, test } from './page'

const rows = '.grid .rows .row'

test('the table has a row for each market and elements only for those in view', async ({ page }) => {
  await open(page)
  const grid = page.getByRole('grid', { name: 'All markets' })
  await expect(grid).toHaveAttribute('aria-rowcount', /^\d\d+$/)
  expect(await page.locator(rows).count()).toBeLessThan(50)
})

test('the columns that are kept are those that the server sends', async ({ page }) => {
  const told = page
    .waitForEvent('websocket')
    .then((socket) => socket.waitForEvent('framereceived', (frame) => /"snapshot","topic":"overview"/.test(String(frame.payload))))
  await open(page)
  const columns = (message: string) => Object.keys((JSON.parse(message) as { c: object }).c)
  expect(columns(String((await told).payload)).sort()).toEqual([...COLUMNS].sort())
})

test('any symbol in three keystrokes', async ({ page }) => {
  await open(page)
  await page.keyboard.press('/')
  await page.keyboard.type('sol', { delay: 60 })
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/#\/symbol\/SOLUSDT/)
})

test('from any screen the palette finds symbols, screens and actions', async ({ page }) => {
  await open(page)
  await page.keyboard.press('Control+k')
  const field = page.getByRole('combobox', { name: 'Symbol, screen or action' })
  await expect(field).toBeFocused()
  await field.fill('dark')
  const before = await page.locator('html').getAttribute('data-theme')
  await page.keyboard.press('Enter')
  await expect(page.locator('html')).not.toHaveAttribute('data-theme', before ?? '')
})

test('the arrows move through the table, and the active cell is said', async ({ page }) => {
  await open(page)
  const grid = page.getByRole('grid')
  await expect(page.locator(rows).nth(3)).toBeVisible()
  await grid.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await expect(page.locator(`${rows}.active`)).toHaveAttribute('aria-rowindex', '4')
  const id = await grid.getAttribute('aria-activedescendant')
  expect(await page.locator(`[id="${id}"]`).count()).toBe(1)
  await page.keyboard.press('End')
  await expect(page.locator(`${rows}.active`)).toBeInViewport()
  const last = await grid.getAttribute('aria-rowcount')
  await expect(page.locator(`${rows}.active`)).toHaveAttribute('aria-rowindex', last ?? '')
})

test('a header that is reached by the keyboard sorts, and the address keeps it', async ({ page }) => {
  await open(page)
  await page.getByRole('grid').focus()
  await page.keyboard.press('ArrowUp')
  for (let n = 0; n < 2; n += 1) await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/sort=change_1h-desc/)
  await expect(page.getByRole('columnheader', { name: '1h %' })).toHaveAttribute('aria-sort', 'descending')
  await page.reload()
  await expect(page.getByRole('columnheader', { name: '1h %' })).toHaveAttribute('aria-sort', 'descending')
})

test('no row moves while the pointer is over the table, and values do', async ({ page }) => {
  await open(page, '#/market?sort=trades_per_s-desc')
  await page.locator(rows).first().hover()
  await expect(page.locator('.caption .held')).toContainText('the pointer is over it')
  const names = () => page.locator(`${rows} .c-symbol`).allInnerTexts()
  const prices = () => page.locator(`${rows} .c-price`).allInnerTexts()
  const [namesBefore, pricesBefore] = [await names(), await prices()]
  await page.waitForTimeout(4000)
  expect(await names()).toEqual(namesBefore)
  expect(await prices()).not.toEqual(pricesBefore)
})

test('the space key freezes the order and lets it follow again', async ({ page }) => {
  await open(page)
  await page.locator('main h1').click()
  await page.keyboard.press('Space')
  await expect(page.locator('.caption .held')).toContainText('you froze it')
  await page.keyboard.press('Space')
  await expect(page.locator('.caption .held')).toHaveCount(0)
})

test('a watched market stands on top and is still there after a reload', async ({ page }) => {
  await open(page, '#/market?sort=symbol-desc')
  const row = page.locator(rows).filter({ hasText: 'SOL' }).first()
  await page.getByRole('searchbox').fill('SOLUSDT')
  await row.getByRole('button', { name: 'Watch SOLUSDT' }).click()
  await page.getByRole('searchbox').fill('')
  await page.mouse.move(5, 5)
  await expect(page.locator(`${rows}[data-index="0"] .c-symbol`)).toContainText('SOL')
  await page.reload()
  await expect(page.locator(`${rows}[data-index="0"] .c-symbol`)).toContainText('SOL')
})

test('a filter that nothing matches says so, names the nearest and gives way', async ({ page }) => {
  await open(page, '#/market?f=change_24h%3E%3D900')
  await expect(page.locator('.none')).toContainText('No market matches “Change 24h ≥ 900 %”')
  await expect(page.locator('.none')).toContainText('Nearest:')
  expect(await faults(page)).toEqual([])
  await page.locator('.none').getByRole('button', { name: /^Relax to/ }).click()
  await expect(page.locator(rows).first()).toBeVisible()
})

test('columns are chosen, and a view is saved', async ({ page }) => {
  await open(page)
  await page.getByRole('button', { name: 'Columns' }).click()
  await page.getByRole('checkbox', { name: 'Spread' }).check()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('columnheader', { name: 'Spread' })).toBeAttached()
  await page.getByRole('button', { name: 'Filter', exact: true }).click()
  await page.getByRole('button', { name: 'Fresh', exact: true }).click()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Save this view' }).click()
  await page.reload()
  await expect(page.getByRole('button', { name: 'Forget the view fresh' })).toBeVisible()
})

test('what is shown is copied as a table of figures', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await open(page)
  await page.getByRole('button', { name: 'Copy CSV' }).click()
  await expect(page.getByRole('button', { name: /notice/ })).toBeVisible()
  const text = await page.evaluate(() => navigator.clipboard.readText())
  expect(text.split('\n')[0]).toMatch(/^symbol,price,change_1h/)
  expect(text.split('\n').length).toBeGreaterThan(10)
})

for (const view of ['heat', 'movers']) {
  test(`${view} draws, and is accessible`, async ({ page }) => {
    await open(page, `#/market?view=${view}`)
    await page.waitForTimeout(2000)
    expect(await faults(page)).toEqual([])
  })
}

test('the heat map is walked with the arrows and told as a table', async ({ page }) => {
  await open(page, '#/market?view=heat')
  await page.locator('.heat-host').focus()
  await page.keyboard.press('ArrowRight')
  await expect(page.locator('.heat .detail')).toContainText('USDT')
  await page.getByText('The same as a table').click()
  await expect(page.locator('.heat-twin tbody tr').first()).toBeVisible()
})

test('keys do nothing when they are switched off', async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem('tidemark.settings', '{"areKeysOn":false}'))
  await open(page)
  await page.locator('main h1').click()
  await page.keyboard.press('?')
  await page.keyboard.press('Space')
  await expect(page.locator('dialog[open]')).toHaveCount(0)
  await expect(page.locator('.caption .held')).toHaveCount(0)
})

test('where there is room for little, a row has two lines and choosing it shows the rest', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 })
  await open(page)
  await expect(page.locator('.grid')).toHaveClass(/cards/)
  await expect(page.getByRole('combobox', { name: 'Sort by' })).toBeVisible()
  await page.locator(rows).first().click({ position: { x: 160, y: 40 } })
  await expect(page.locator('.preview')).toContainText('Spread')
  expect(await faults(page)).toEqual([])
})
