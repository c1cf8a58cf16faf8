import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { switchSystem, systemState } from '@/app/notifications'

const system = {
  permission: 'default',
  asked: 0,
  requestPermission: () => {
    system.asked += 1
    return Promise.resolve((system.permission = 'granted'))
  },
}

beforeEach(() => {
  system.permission = 'default'
  system.asked = 0
  vi.stubGlobal('Notification', system)
  vi.stubGlobal('isSecureContext', true)
})
afterEach(async () => {
  await switchSystem(false)
  vi.unstubAllGlobals()
})

test('the system is not asked before the user has switched it on', async () => {
  expect(systemState()).toBe('off')
  expect(system.asked).toBe(0)
  expect(await switchSystem(true)).toBe('on')
  expect(system.asked).toBe(1)
  expect(await switchSystem(false)).toBe('off')
  expect(await switchSystem(true)).toBe('on')
  expect(system.asked).toBe(1)
})

test('a page that was allowed before stays quiet until it is switched on', () => {
  system.permission = 'granted'
  expect(systemState()).toBe('off')
})

test('it says where the browser refuses, or has none', async () => {
  system.permission = 'denied'
  expect(await switchSystem(true)).toBe('refused')
  expect(system.asked).toBe(0)
  vi.stubGlobal('isSecureContext', false)
  expect(systemState()).toBe('absent')
})
