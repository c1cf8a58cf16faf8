import { expect, test } from 'vitest'
import { changesOf, CHOICES } from '@/screens/settings/choices'
import { bySection, matchingSettings, variableOf } from '@/screens/settings/server_settings'
import { ALLOWED, DEFAULTS } from '@/settings/settings'

test('every setting of the browser can be chosen, with every value that is allowed', () => {
  expect(CHOICES.map((one) => one.key).sort()).toEqual(Object.keys(ALLOWED).sort())
  for (const { key, options } of CHOICES) {
    expect(options.map((one) => one.value).sort()).toEqual([...ALLOWED[key]].sort())
  }
})

test('a draft changes what differs, and nothing else', () => {
  expect(changesOf({ theme: 'light', refreshRate: 4 }, { ...DEFAULTS })).toEqual([
    { key: 'theme', title: 'Theme', from: 'As the system', to: 'Light' },
  ])
  expect(changesOf({}, { ...DEFAULTS })).toEqual([])
  expect(changesOf({ areKeysOn: false }, { ...DEFAULTS })).toHaveLength(1)
})

const SETTINGS = [
  { key: 'memory.budget', value: '512MB', source: 'flag memory.budget', default: '384MB', allowed: 'a size', description: 'Memory of the whole process' },
  { key: 'api.port', value: '8420', source: 'default', default: '8420', allowed: 'a whole number', description: 'The port' },
]

test('every word that is searched for has to occur somewhere', () => {
  expect(matchingSettings(SETTINGS, 'budget', false).map((one) => one.key)).toEqual(['memory.budget'])
  expect(matchingSettings(SETTINGS, 'PORT whole', false).map((one) => one.key)).toEqual(['api.port'])
  expect(matchingSettings(SETTINGS, 'port budget', false)).toEqual([])
  expect(matchingSettings(SETTINGS, '', true).map((one) => one.key)).toEqual(['memory.budget'])
})

test('settings are grouped by section, and each has a variable', () => {
  expect(bySection(SETTINGS).map((one) => one.section)).toEqual(['memory', 'api'])
  expect(variableOf('candles.retention.1m')).toBe('TIDEMARK_CANDLES_RETENTION_1M')
})
