import type { ScreenInfo } from '@/app/screens'

export default { title: 'Settings', key: 'e', order: 9 } satisfies ScreenInfo
