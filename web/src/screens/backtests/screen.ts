import type { ScreenInfo } from '@/app/screens'

export default {
  title: 'Backtests',
  key: 'b',
  order: 5,
  pages: [{ title: 'New backtest', query: { new: '1' } }],
} satisfies ScreenInfo
