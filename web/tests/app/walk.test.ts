import { expect, test } from 'vitest'
import { walk } from '@/app/walk'

test('the arrows go along the buttons and stop at either end; other keys are left alone', () => {
  const host = document.createElement('div')
  host.innerHTML = '<button id="a"></button><p></p><button id="b"></button>'
  document.body.append(host)
  host.addEventListener('keydown', (event) => walk(event, 'button'))
  const press = (key: string) => {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })
    document.activeElement?.dispatchEvent(event)
    return [document.activeElement?.id, event.defaultPrevented]
  }
  host.querySelector<HTMLElement>('#a')?.focus()

  expect(press('ArrowDown')).toEqual(['b', true])
  expect(press('ArrowDown')).toEqual(['b', true])
  expect(press('ArrowUp')).toEqual(['a', true])
  expect(press('Enter')).toEqual(['a', false])
  host.remove()
})
