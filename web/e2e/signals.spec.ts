import type { Page } from '@playwright/test'
import { expect, faults, open, test } from './page'

const AT = Date.now() - 3_600_000
const ID = 'BTCUSDT-confluence-long-1700000060'

/** What the server says of a trade that won; signals are too seldom to be waited for. */
function signal(id: string, given: object = {}): object {
  return {
    id, rule: 'confluence', name: 'long', symbol: 'BTCUSDT', side: 1, kind: 'trade', at_ms: AT, stage: 'target',
    is_open: false, moved_at_ms: AT + 540_000, price: 100, score: 71.5, regime: 'range', sentence: 'score 71.5',
    entry: 100, stop: 98, first_target: 102, last_target: 104, net_r: 1.92, ...given,
  }
}

const OUTCOME = {
  id: ID, of: ID, rule: 'confluence', name: 'long', symbol: 'BTCUSDT', side: 1, regime: 'range', score: 71.5, at_ms: AT,
  is_null: false, is_final: true, stage: 'target', reason: 'last_target', hits: 2, entered_at_ms: AT + 60_000,
  ended_at_ms: AT + 540_000, duration_s: 480, gross_r: 2, net_r: 1.92, mfe_r: 2, mae_r: 0.3, funding: 0, unseen_s: 0,
}
const STORY = {
  signal: signal(ID),
  reads: [{ name: 'score', value: 71.5, age_s: 0.4 }],
  limits: { enter: 65, leave: 58 },
  plan: {
    entry: 100, stop: 98, targets: [102, 104], risk: 2, rewards: [0.93, 1.92], loss: -1.07, cost: 0.00065, atr: 1.2,
    is_structural: true, wait_until_ms: AT + 900_000, expires_at_ms: AT + 14_400_000,
  },
  moves: [
    { id: ID, at_ms: AT + 60_000, was: 'pending', now: 'active', reason: 'entered', price: 100, reads: [] },
    { id: ID, at_ms: AT + 540_000, was: 'active', now: 'target', reason: 'last_target', price: 104, reads: [] },
  ],
  outcome: OUTCOME,
  returns: [{ horizon_s: 300, gross: 0.01, net: 0.0087 }],
  random_outcome: { ...OUTCOME, id: `${ID}-null`, is_null: true, net_r: -1.07, stage: 'stopped', reason: 'stop' },
  random_returns: [{ horizon_s: 300, gross: -0.01, net: -0.0113 }],
  says_again: true,
}

function card(rule: string, n: number, mean: number, given: object = {}): object {
  return {
    rule, symbol: null, regime: null, side: null, signals: n + 1, missed: 1, n, blocks: 12, is_enough: n >= 30,
    verdict: n >= 30 ? 'better than chance (p = 0.01)' : `too few: ${n} trades in 3 blocks of four hours, 2 with one`,
    wins: 20, win_rate: 0.5, win_interval: [0.35, 0.65], mean_r: mean, mean_r_interval: [mean - 0.2, mean + 0.2],
    median_duration_s: 600, mean_mfe_r: 1, mean_mae_r: 0.6, pairs: n, null_mean_r: -0.1, difference: 0.4,
    difference_interval: [0.1, 0.7], p_value: 0.01, ...given,
  }
}

function bin(low: number, n: number, won: number): object {
  return {
    low, high: low + 5, n, is_enough: n >= 30, mean_score: low + 2, wins: Math.round(won * n), win_rate: won,
    win_interval: [won - 0.1, won + 0.1], mean_r: won - 0.4, mean_r_interval: [won - 0.6, won - 0.2],
  }
}

/** Answers of the past by their paths, behind a moment that is now. */
async function past(page: Page, isEmpty = false): Promise<string[]> {
  const asked: string[] = []
  const told = (path: string): object => {
    if (path.endsWith('/scorecard')) {
      const scorecards = isEmpty ? [] : [card('confluence', 41, 0.3), card('whale_flow', 7, -0.2)]
      return { by: ['rule'], scorecards, outcomes: 96, is_cut: false, left_out: 0, note: null }
    }
    if (path.endsWith('/calibration')) {
      const bins = isEmpty ? [] : [bin(65, 40, 0.4), bin(70, 50, 0.6), bin(75, 8, 0.9)]
      const n = isEmpty ? 0 : 98
      const calibration = { n, base_rate: isEmpty ? null : 0.52, slope_per_point: 0.02, bins }
      return { calibration, outcomes: n, is_cut: false, note: null }
    }
    if (path.endsWith(encodeURIComponent(ID))) return STORY
    const signals = isEmpty ? [] : [signal(ID), signal('second', { side: -1, stage: 'stopped', net_r: -1.07 })]
    return { signals, next_before: null, count: signals.length, note: null }
  }
  await page.route('**/api/v1/history/**', (route) => {
    const url = new URL(route.request().url())
    asked.push(url.pathname + url.search)
    return route.fulfill({ json: { as_of_ms: Date.now(), ...told(url.pathname) } })
  })
  return asked
}

test('a signal of the past opens with its reasons, its way and what came of it', async ({ page }) => {
  await past(page)
  await open(page, '#/signals')
  await page.locator('.history').getByRole('button', { name: /BTCUSDT long/ }).first().click()
  const detail = page.locator('.detail')
  await expect(detail).toContainText('score 71.5')
  await expect(detail).toContainText('its last target was touched at 104')
  await expect(detail.getByRole('row', { name: /Random entry/ })).toContainText('\u22121.07 R')
  await expect(detail).toContainText('says the same of these figures')
  await expect.poll(() => page.url()).toContain(`id=${ID}`)
  expect(await faults(page)).toEqual([])

  await page.keyboard.press('Escape')
  await expect(detail).toHaveCount(0)
  await page.reload()
  await expect(page.locator('.history tbody tr')).toHaveCount(2)
  await page.locator('main h1').focus()
  await page.keyboard.press('j')
  await expect(detail).toBeVisible()
})

test('scorecards say what is too few, and the plot draws what is enough', async ({ page }) => {
  await past(page)
  await open(page, '#/signals')
  await expect(page.locator('.cards tbody tr')).toHaveCount(2)
  await expect(page.locator('.cards')).toContainText('better than chance (p = 0.01)')
  await expect(page.locator('.cards')).toContainText('too few: 7 trades')
  await expect(page.locator('.cards .interval')).toHaveCount(2)
  await expect(page.locator('.reliability .dot')).toHaveCount(2)
  await expect(page.locator('.reliability tbody tr')).toHaveCount(3)
  expect(await faults(page)).toEqual([])

  await page.setViewportSize({ width: 320, height: 640 })
  await expect.poll(() => page.evaluate(() => document.querySelector('main')?.scrollWidth)).toBeLessThanOrEqual(320)
  expect(await faults(page)).toEqual([])
})

test('filters stand in the address, and the server is asked with them', async ({ page }) => {
  const asked = await past(page)
  await open(page, '#/signals')
  await page.locator('.filters').getByLabel('Rule').selectOption('whale_flow')
  await page.locator('.filters').getByLabel('Market').fill('ethusdt')
  await expect.poll(() => page.url()).toContain('symbol=ETHUSDT')
  await expect.poll(() => page.url()).toContain('rule=whale_flow')
  await expect.poll(() => asked.at(-1)).toContain('symbol=ETHUSDT')
  expect(asked.some((one) => /signals\?rule=whale_flow&symbol=ETHUSDT.*limit=50/.test(one))).toBe(true)
  await page.getByRole('button', { name: 'Show all' }).first().click()
  await expect.poll(() => page.url()).not.toContain('rule=')
})

test('where there are none it says why, on a narrow screen as well', async ({ page }) => {
  await past(page, true)
  await page.setViewportSize({ width: 320, height: 640 })
  await open(page, '#/signals')
  await expect(page.locator('.history')).toContainText('Nothing was signalled yet')
  await expect(page.locator('.cards')).toContainText('No trade has come to an end yet')
  await expect(page.locator('.reliability')).toContainText('No trade that had a score')
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
  expect(await faults(page)).toEqual([])
})
