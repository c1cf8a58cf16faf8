import { favourites, toggleFavourite } from '@/app/favourites'
import { linkTo } from '@/app/router'
import { screens } from '@/app/screens'
import { calmAge } from '@/format/ages'
import { fixed, percent, price, short, signed, UNKNOWN } from '@/format/numbers'
import type { GridColumn } from '@/grid/column'
import { serverClock } from '@/market_data/clock'
import { market } from '@/market_data/live'
import { sideOf } from '@/market_data/turns'
import type { ColumnName, ComponentName } from '@/wire/overview'

/** Changes below this are told without a direction: 0.05 %. */
const FLAT = 0.0005
const FLAT_INTEREST = 0.01
const FLASH_MS = 1000

const REGIMES: Record<string, string> = {
  unknown: '–',
  illiquid: '◌ illiquid',
  volatile: '≋ volatile',
  trend_up: '▲ trend',
  trend_down: '▼ trend',
  range: '↔ range',
}

const STATES: Record<string, string> = { live: '●', stale: '○', gap: '∅', polled: '◐', waiting: '◌' }

/** How a state of a market is called. */
export const STATE_WORDS: Record<string, string> = {
  live: 'live: trades arrive as often as is usual',
  stale: 'stale: silent for longer than is usual',
  gap: 'gap: the feed was lost and is not repaired yet',
  polled: 'polled: asked for, since its stream is out',
  waiting: 'waiting for its first trade',
}

const of = (name: ColumnName) => (row: number) => market.c[name][row]

function changeTone(fraction: number, flat = FLAT): string {
  if (Number.isNaN(fraction)) return 'muted'
  return fraction > flat ? 'up' : fraction < -flat ? 'down' : 'flat'
}

function changeText(fraction: number, flat = FLAT): string {
  if (Number.isNaN(fraction)) return UNKNOWN
  const glyph = fraction > flat ? '▲' : fraction < -flat ? '▼' : ''
  return `${glyph}${percent(fraction)}`
}

function change(id: ColumnName, title: string, about: string, width = 66, flat = FLAT): GridColumn {
  return {
    id,
    title,
    about,
    width,
    align: 'end',
    isDescendingFirst: true,
    text: (row) => changeText(market.c[id][row], flat),
    tone: (row) => changeTone(market.c[id][row], flat),
    key: of(id),
    raw: of(id),
  }
}

/** How far a figure of 0 to 100 is from 50, in five steps either way. */
export function wash(value: number): string {
  if (Number.isNaN(value)) return 'muted'
  const step = Math.min(5, Math.floor(Math.abs(value - 50) / 8))
  return step === 0 ? '' : `${value > 50 ? 'wu' : 'wd'}${step}`
}

function component(id: ComponentName, title: string, about: string): GridColumn {
  return {
    id,
    title,
    about: `${about}, 0 to 100; 50 speaks for neither side`,
    width: 41,
    align: 'end',
    isDescendingFirst: true,
    text: (row) => fixed(market.c[id][row], 0),
    tone: (row) => wash(market.c[id][row]),
    key: of(id),
    raw: of(id),
  }
}

/** Seconds since the last trade of a market reached the server. */
export function ageOf(row: number): number {
  return (serverClock.now() - market.c.last_ms[row]) / 1000
}

export function sinceThen(row: number): number {
  return market.c.price[row] / market.c.score_then_price[row] - 1
}

const SILENT_MS = 5000

/** What is known of the trades of a market; stale when the server itself has said nothing for five seconds. */
function stateOf(row: number): string {
  const state = market.stateOf(row)
  return state !== 'waiting' && serverClock.now() - market.sentMs > SILENT_MS ? 'stale' : state
}

/** A market whose figures do not follow any more. */
export function isOld(row: number): boolean {
  const state = stateOf(row)
  return state === 'stale' || state === 'gap' || state === 'waiting'
}

const symbolScreen = screens.find((screen) => screen.hasSymbol)

const star: GridColumn = {
  id: 'star',
  title: '★',
  about: 'Watched: pinned to the top',
  width: 30,
  align: 'start',
  isPinned: true,
  text: (row) => (favourites.value.has(market.symbols[row]) ? '★' : ''),
  make(cell) {
    const button = document.createElement('button')
    button.type = 'button'
    button.tabIndex = -1
    button.className = 'star'
    let shown = ''
    let isOn: boolean | null = null
    button.onmousedown = (event) => event.preventDefault()
    button.onclick = () => toggleFavourite(shown)
    cell.append(button)
    return (row) => {
      const symbol = market.symbols[row]
      const has = favourites.value.has(symbol)
      if (symbol === shown && has === isOn) return
      shown = symbol
      isOn = has
      button.textContent = has ? '★' : '☆'
      button.setAttribute('aria-pressed', String(has))
      button.setAttribute('aria-label', `Watch ${symbol}`)
    }
  },
}

const symbol: GridColumn = {
  id: 'symbol',
  title: 'Symbol',
  about: 'The market, its quote currency dimmed',
  width: 122,
  align: 'start',
  isPinned: true,
  text: (row) => market.symbols[row],
  key: (row) => market.symbols[row],
  raw: (row) => market.symbols[row],
  make(cell) {
    const name = document.createElement(symbolScreen ? 'a' : 'span')
    const base = document.createTextNode('')
    const quote = document.createElement('span')
    quote.className = 'muted'
    name.append(base, quote)
    name.tabIndex = -1
    cell.append(name)
    let shown = ''
    return (row) => {
      const text = market.symbols[row]
      if (text === shown) return
      shown = text
      const at = text.endsWith('USDT') || text.endsWith('USDC') ? text.length - 4 : text.length
      base.data = text.slice(0, at)
      quote.textContent = text.slice(at)
      cell.title = text
      if (symbolScreen) (name as HTMLAnchorElement).href = linkTo(symbolScreen.name, text)
    }
  },
}

const priceColumn: GridColumn = {
  id: 'price',
  title: 'Price',
  about: 'Price of the last trade; its colour says for a second which way it went',
  width: 88,
  align: 'end',
  isDescendingFirst: true,
  text: (row) => price(market.c.price[row], market.decimals[row]),
  tone: (row) => {
    if (isOld(row)) return 'live is-old'
    if (performance.now() - market.movedAt[row] > FLASH_MS) return 'live'
    return market.moved[row] > 0 ? 'live up' : 'live down'
  },
  key: of('price'),
  raw: of('price'),
}

const score: GridColumn = {
  id: 'score',
  title: 'Score',
  about: 'The six components weighed together, 0 to 100: ▲ long from 65 until below 58, ▼ short mirrored; – below a coverage of 40 %',
  width: 90,
  align: 'end',
  isDescendingFirst: true,
  text: (row) => fixed(market.c.score[row], 0),
  key: of('score'),
  raw: of('score'),
  make(cell) {
    const text = document.createTextNode('')
    const axis = document.createElement('i')
    axis.className = 'axis'
    const meter = document.createElement('i')
    axis.append(meter)
    const number = document.createElement('b')
    number.append(text)
    cell.append(axis, number)
    let shown: number | null = null
    let shownSide = ''
    let tone = ''
    return (row) => {
      const side = sideOf(market.c.side[row])
      const value = Math.round(market.c.score[row])
      if (Object.is(value, shown) && side === shownSide) return
      shown = value
      shownSide = side
      const glyph = side === 'long' ? '▲' : side === 'short' ? '▼' : ''
      const words = glyph + fixed(value, 0)
      if (words !== text.data) text.data = words
      axis.style.visibility = Number.isNaN(value) ? 'hidden' : ''
      meter.style.transform = Number.isNaN(value)
        ? 'none'
        : `translateX(${Math.min(value, 50)}%) scaleX(${Math.abs(value - 50) / 100})`
      const wanted = `${side === 'long' ? 'up' : side === 'short' ? 'down' : ''} ${value >= 50 ? 'up' : 'down'}`
      if (wanted === tone) return
      tone = wanted
      ;[number.className, meter.className] = wanted.split(' ')
    }
  },
}

/** Every column that the market screen can show, in their order. */
export const COLUMNS: readonly GridColumn[] = [
  star,
  symbol,
  priceColumn,
  change('change_1h', '1h %', 'Change within an hour, %'),
  change('change_24h', '24h %', 'Change within 24 hours, %', 68),
  {
    id: 'turnover_24h',
    title: 'Vol 24h',
    about: 'Turnover of 24 hours, in the quote currency',
    width: 60,
    align: 'end',
    isDescendingFirst: true,
    text: (row) => short(market.c.turnover_24h[row]),
    key: of('turnover_24h'),
    raw: of('turnover_24h'),
  },
  {
    id: 'open_interest',
    title: 'OI',
    about: 'Open interest, in the quote currency',
    width: 56,
    align: 'end',
    isDescendingFirst: true,
    text: (row) => short(market.c.open_interest[row]),
    key: of('open_interest'),
    raw: of('open_interest'),
  },
  change('open_interest_change_1h', 'OI 1h', 'Change of the open interest within an hour, %; a direction from 1 % on', 62, FLAT_INTEREST),
  change('open_interest_change_24h', 'OI 24h', 'Change of the open interest within 24 hours, %; a direction from 1 % on', 66, FLAT_INTEREST),
  {
    id: 'funding',
    title: 'Fund %',
    about: 'Funding rate of the present interval, %: above zero, longs pay shorts',
    width: 70,
    align: 'end',
    isDescendingFirst: true,
    text: (row) => percent(market.c.funding[row], 4),
    tone: (row) => (Math.abs(market.c.funding[row]) >= FLAT ? changeTone(market.c.funding[row]) : 'muted'),
    key: of('funding'),
    raw: of('funding'),
  },
  {
    id: 'basis_bps',
    title: 'Basis',
    about: 'Mark price against the index, in basis points',
    width: 56,
    align: 'end',
    isDescendingFirst: true,
    text: (row) => signed(market.c.basis_bps[row], 1),
    key: of('basis_bps'),
    raw: of('basis_bps'),
  },
  {
    id: 'spread_bps',
    title: 'Spread',
    about: 'Ask less bid, in basis points of the mid',
    width: 56,
    align: 'end',
    text: (row) => fixed(market.c.spread_bps[row], market.c.spread_bps[row] < 10 ? 2 : 1),
    key: of('spread_bps'),
    raw: of('spread_bps'),
  },
  {
    id: 'trades_per_s',
    title: 'Tr/s',
    about: 'Trades a second',
    width: 50,
    align: 'end',
    isDescendingFirst: true,
    text: (row) => fixed(market.c.trades_per_s[row], market.c.trades_per_s[row] < 10 ? 1 : 0),
    key: of('trades_per_s'),
    raw: of('trades_per_s'),
  },
  score,
  component('order_flow', 'Flow', 'Order flow: who is the aggressor'),
  component('order_book', 'Book', 'Order book: where size rests'),
  component('volume', 'Vol', 'Volume: what turnover confirms'),
  component('structure', 'Struc', 'Price structure: highs, lows and levels'),
  component('technical', 'Tech', 'Technical: trend and momentum'),
  component('sentiment', 'Sent', 'Sentiment: funding, open interest, positions'),
  {
    id: 'regime',
    title: 'Regime',
    about: 'What kind of market it is now; weights of the components follow it',
    width: 80,
    align: 'start',
    text: (row) => REGIMES[market.regimeOf(row)] ?? market.regimeOf(row),
    tone: (row) => {
      const name = market.regimeOf(row)
      return name === 'trend_up' ? 'up' : name === 'trend_down' ? 'down' : 'muted'
    },
    key: (row) => (market.regimeOf(row) === 'unknown' ? '' : market.regimeOf(row)),
    raw: (row) => market.regimeOf(row),
  },
  {
    id: 'coverage',
    title: 'Cov %',
    about: 'How much of the weight of a score had its inputs, %',
    width: 54,
    align: 'end',
    isDescendingFirst: true,
    text: (row) => fixed(100 * market.c.coverage[row], 0),
    tone: (row) => (market.c.coverage[row] < 0.4 ? 'warn' : 'muted'),
    key: of('coverage'),
    raw: of('coverage'),
  },
  {
    id: 'since',
    title: 'Since',
    about: 'How long the score has been on its side: long, short or neither',
    width: 64,
    align: 'end',
    text: (row) => calmAge((serverClock.now() - market.c.score_since_ms[row]) / 1000),
    tone: () => 'muted',
    key: (row) => serverClock.now() - market.c.score_since_ms[row],
    raw: (row) => market.c.score_since_ms[row],
  },
  {
    id: 'then',
    title: 'Then %',
    about: 'Change of the price since the score came to its side, %',
    width: 68,
    align: 'end',
    isDescendingFirst: true,
    text: (row) => changeText(sinceThen(row)),
    tone: (row) => changeTone(sinceThen(row)),
    key: sinceThen,
    raw: sinceThen,
  },
  {
    id: 'age',
    title: 'Age',
    about: 'Since the last trade reached the server: ● live ○ stale ∅ gap ◐ polled ◌ waiting',
    width: 62,
    align: 'end',
    text: (row) => `${STATES[stateOf(row)] ?? ''} ${calmAge(ageOf(row))}`,
    tone: (row) => (isOld(row) ? 'warn' : 'muted'),
    key: ageOf,
    raw: (row) => market.c.last_ms[row],
  },
]

export const byId = new Map(COLUMNS.map((column) => [column.id, column]))

/** What is shown until a user chooses. */
export const SHOWN = [
  'star',
  'symbol',
  'price',
  'change_1h',
  'change_24h',
  'turnover_24h',
  'open_interest',
  'open_interest_change_1h',
  'funding',
  'score',
  'order_flow',
  'order_book',
  'volume',
  'structure',
  'technical',
  'sentiment',
  'regime',
  'since',
  'then',
  'age',
]

/** Where there is room for two lines a row only. */
export const CARD_COLUMNS = ['star', 'symbol', 'price', 'score', 'regime', 'age', 'change_24h'].map((id) => byId.get(id)!)

/** The columns of *ids* as a comma separated table, one line a row of *rows*, figures as they are. */
export function csv(columns: readonly GridColumn[], rows: Int32Array): string {
  const told = columns.filter((column) => column.raw)
  const lines = [told.map((column) => column.id).join(',')]
  for (const row of rows) {
    const values = told.map((column) => {
      const value = column.raw!(row)
      return typeof value === 'number' && Number.isNaN(value) ? '' : String(value)
    })
    lines.push(values.join(','))
  }
  return lines.join('\n')
}
