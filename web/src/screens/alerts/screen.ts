import type { ScreenInfo } from '@/app/screens'

export default { title: 'Alerts', key: 'a', order: 4 } satisfies ScreenInfo
