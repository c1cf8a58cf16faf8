import { expect, test } from 'vitest'
import { DEFAULTS, readSettings } from '@/settings/settings'

test('what a browser has kept is taken where it is allowed', () => {
  const found = readSettings('{"theme":"light","refreshRate":2,"density":"huge","areKeysOn":false,"extra":1}')
  expect(found).toEqual({ ...DEFAULTS, theme: 'light', refreshRate: 2, areKeysOn: false })
})

test('nothing, or what cannot be read, leaves the defaults', () => {
  for (const text of [null, '', '{', '[]', 'null', '7']) expect(readSettings(text)).toEqual(DEFAULTS)
})
