import type { ScreenInfo } from '@/app/screens'

export default { title: 'Symbol', key: 's', order: 2, hasSymbol: true } satisfies ScreenInfo
