import type { ScreenInfo } from '@/app/screens'

export default { title: 'Market', key: 'm', order: 1 } satisfies ScreenInfo
