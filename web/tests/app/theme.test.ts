import { afterEach, expect, test } from 'vitest'
import { effectScope, nextTick } from 'vue'
import { colour, font, paletteVersion, startTheme } from '@/app/theme'
import { useOwned } from '@/owned/owned'
import { settings } from '@/settings/settings'

const scope = effectScope()
afterEach(() => scope.stop())

const put = (name: string, value: string) => document.documentElement.style.setProperty(name, value)

test('a colour is read once until the colours change', async () => {
  put('--up', '#111111')
  put('--font', 'sans')
  settings.theme = 'dark'
  scope.run(() => startTheme(useOwned()))
  expect(colour('up')).toBe('#111111')
  put('--up', '#222222')
  expect(colour('up')).toBe('#111111')

  const before = paletteVersion.value
  settings.theme = 'light'
  await nextTick()
  expect(paletteVersion.value).toBe(before + 1)
  expect(document.documentElement.dataset.theme).toBe('light')
  expect(colour('up')).toBe('#222222')
  expect(font(11)).toBe('11px sans')
})
