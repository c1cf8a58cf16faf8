import type { ScreenInfo } from '@/app/screens'

export default { title: 'Structure', key: 'w', order: 2.5 } satisfies ScreenInfo
