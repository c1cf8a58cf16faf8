import { DEFAULTS, type ClientSettings } from '@/settings/settings'

type Key = keyof ClientSettings

export interface Choice<K extends Key = Key> {
  key: K
  title: string
  group: string
  effect: string
  options: { value: ClientSettings[K]; title: string }[]
}

function choice<K extends Key>(one: Choice<K>): Choice {
  return one as unknown as Choice
}

/** Every setting of this browser, in the order of the screen. */
export const CHOICES: readonly Choice[] = [
  choice<'theme'>({
    key: 'theme',
    title: 'Theme',
    group: 'Display',
    effect: 'Dark or light, or whatever the system says. The key t switches as well.',
    options: [
      { value: 'system', title: 'As the system' },
      { value: 'dark', title: 'Dark' },
      { value: 'light', title: 'Light' },
    ],
  }),
  choice<'colours'>({
    key: 'colours',
    title: 'Rising and falling',
    group: 'Display',
    effect: 'Blue and orange can be told apart with every kind of colour vision. Signs and glyphs stay with any pair.',
    options: [
      { value: 'blue-orange', title: 'Blue, orange' },
      { value: 'green-red', title: 'Green, red' },
      { value: 'red-green', title: 'Red, green' },
    ],
  }),
  choice<'density'>({
    key: 'density',
    title: 'Density',
    group: 'Display',
    effect: 'Height of the rows of the market: 24, 26 or 32 pixels.',
    options: [
      { value: 'dense', title: 'Dense' },
      { value: 'normal', title: 'Normal' },
      { value: 'roomy', title: 'Roomy' },
    ],
  }),
  choice<'motion'>({
    key: 'motion',
    title: 'Motion',
    group: 'Display',
    effect: 'Whether a chart glides where it is sent, or is there at once.',
    options: [
      { value: 'system', title: 'As the system' },
      { value: 'full', title: 'Glides' },
      { value: 'reduced', title: 'At once' },
    ],
  }),
  choice<'clock'>({
    key: 'clock',
    title: 'Times',
    group: 'Display',
    effect: 'In which zone times are written. The exchange counts its days in UTC.',
    options: [
      { value: 'utc', title: 'UTC' },
      { value: 'local', title: 'Local' },
    ],
  }),
  choice<'refreshRate'>({
    key: 'refreshRate',
    title: 'Refresh rate',
    group: 'Data',
    effect: 'So often a second figures may change. Nothing is lost: the newest is shown. Hidden, the page draws nothing.',
    options: [
      { value: 1, title: '1 Hz' },
      { value: 2, title: '2 Hz' },
      { value: 4, title: '4 Hz' },
    ],
  }),
  choice<'bufferPolicy'>({
    key: 'bufferPolicy',
    title: 'When messages pile up',
    group: 'Data',
    effect:
      'At most 1000 messages wait to be read. With one more, this gives way; a hole that it leaves is asked for again.',
    options: [
      { value: 'fifo', title: 'The oldest' },
      { value: 'priority', title: 'The least important' },
      { value: 'discard', title: 'The newest' },
    ],
  }),
  choice<'areKeysOn'>({
    key: 'areKeysOn',
    title: 'Single-key shortcuts',
    group: 'Keys',
    effect: 'Keys like / and g m. Off, only Ctrl K, Tab and the keys of controls remain. The key ? lists all.',
    options: [
      { value: true, title: 'On' },
      { value: false, title: 'Off' },
    ],
  }),
]

/** What a value of a setting is called. */
export function titleOf(choice: Choice, value: unknown): string {
  return choice.options.find((one) => one.value === value)?.title ?? String(value)
}

export function isDefault(key: Key, value: unknown): boolean {
  return DEFAULTS[key] === value
}

export interface Change {
  key: Key
  title: string
  from: string
  to: string
}

export type Draft = Partial<ClientSettings>

/** What applying *draft* would change. */
export function changesOf(draft: Draft, current: ClientSettings): Change[] {
  return CHOICES.filter(({ key }) => draft[key] !== undefined && draft[key] !== current[key]).map((choice) => ({
    key: choice.key,
    title: choice.title,
    from: titleOf(choice, current[choice.key]),
    to: titleOf(choice, draft[choice.key]),
  }))
}
