import type { ScreenInfo } from '@/app/screens'

export default { title: 'System', key: 'y', order: 7 } satisfies ScreenInfo
