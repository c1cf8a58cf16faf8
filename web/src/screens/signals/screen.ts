import type { ScreenInfo } from '@/app/screens'

export default { title: 'Signals', key: 'i', order: 3 } satisfies ScreenInfo
