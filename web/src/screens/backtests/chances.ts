import { count } from '@/format/numbers'
import type { BacktestResult, FigureRow } from '@/wire/rest'
import { intervalOf, written } from './figures'

/** One way in which luck was asked for: what it is, what came of it, and how that is meant. */
export interface ChanceTold {
  title: string
  said: string
  tone: string
  about: string
}

const MISSING = 'not asked for in this run'
/** Up to this share of chances that do as well, a result is told as more than chance. */
const FEW = 0.05

function told(title: string, one: FigureRow | undefined, tone: (value: number) => string, about: string): ChanceTold {
  if (!one) return { title, said: '–', tone: 'muted', about: MISSING }
  if (one.value === null) return { title, said: '–', tone: 'muted', about: one.why }
  return { title, said: written(one, one.value), tone: tone(one.value), about }
}

const likely = (value: number) => (value >= 1 - FEW ? 'good' : 'warn')
const unlikely = (value: number) => (value <= FEW ? 'good' : 'warn')
const plainly = () => ''

/** What else could have brought it: each way that was asked, and each that was not. */
export function chancesOf({ luck, figures }: BacktestResult): ChanceTold[] {
  const of = new Map(luck.map((one) => [one.name, one]))
  const own = new Map(figures.flatMap((group) => group.figures).map((one) => [one.name, one]))
  const at = (name: string) => of.get(name)
  const value = (name: string) => {
    const one = at(name)
    return one ? written(one, one.value) : '–'
  }
  const [entries, shuffled] = [at('entries_profit'), at('shuffled_return')]
  const trials = at('trials')?.value ?? null
  return [
    told(
      'Sharpe above 0', at('probabilistic_sharpe'), likely,
      'how likely the true Sharpe ratio is above 0, from so many days, their skew and their tails',
    ),
    told(
      'Sharpe above the best of all tries', at('deflated_sharpe'), likely,
      `after ${trials === null ? 'all tries' : trials === 1 ? 'one try' : `${count(trials)} tries`}: of many, the best is ` +
        'good by chance',
    ),
    told(
      'Holding the same markets', at('holding_total_return'), plainly,
      `instead, at the same costs: deepest fall ${value('holding_max_drawdown')}, Sharpe ${value('holding_sharpe')}`,
    ),
    told(
      'Random entries do as well', at('entries_p'), unlikely,
      `as many, held as long${brought(entries, own.get('profit'))}`,
    ),
    told(
      'Shuffled markets do as well', at('shuffled_p'), unlikely,
      `the same strategy over candles in another order${brought(shuffled, own.get('total_return'))}`,
    ),
  ]
}

/** What chance brought, with its interval, against what the run did. */
function brought(chance: FigureRow | undefined, own: FigureRow | undefined): string {
  if (!chance || chance.value === null || !own) return ''
  const interval = intervalOf(chance)
  const most = interval ? `, 95 % of them ${interval}` : ''
  return `: ${written(chance, chance.value)} on average${most}; here ${written(own, own.value)}`
}
