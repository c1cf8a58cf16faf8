import { date } from '@/format/ages'
import { count } from '@/format/numbers'
import type {
  BacktestChoices,
  BacktestTold,
  KindOfModel,
  ParameterChoice,
  StartBacktest,
  StrategyChoice,
  TimeframeChoice,
} from '@/wire/rest'
import { spanOf } from './words'

const DAY_MS = 86_400_000
/** So many markets may be named; more of them are all. */
export const MOST_MARKETS = 1000

/** What is written into the form: every figure as a text, as it was typed. */
export interface Draft {
  strategy: string
  /** By name; what is not here has its default. */
  parameters: Record<string, string>
  data: string
  timeframe: string
  areAll: boolean
  markets: readonly string[]
  /** Days in UTC, both of them taken; '' for as far as candles go. */
  from: string
  to: string
  cash: string
  /** The model of each kind; what is not here has its default. */
  uses: Record<string, string>
  /** Parameters of models by key. */
  models: Record<string, string>
  name: string
  /** Over how many shuffled markets it is run besides; '' leaves that to the server. */
  shuffles: string
}

export const SHUFFLES: ParameterChoice = {
  name: 'shuffled markets', kind: 'integer', default: '', minimum: 0, maximum: 1000, choices: [],
  text: 'it is run over so many besides, to tell luck',
}

/** What is wrong, by the field: 'strategy', 'data', 'cash', ..., 'param.<name>', and the key of a model's parameter. */
export type Faults = Record<string, string>

/** What the server writes where there is nothing. */
const isNothing = (text: string) => text === '' || text === 'None' || text === 'null'

export function blank(): Draft {
  return {
    strategy: '', parameters: {}, data: '', timeframe: '', areAll: true, markets: [], from: '', to: '', cash: '10000',
    uses: {}, models: {}, name: '', shuffles: '',
  }
}

export function strategyOf(draft: Draft, choices: BacktestChoices): StrategyChoice | undefined {
  return choices.strategies.find((one) => one.name === draft.strategy)
}

export function timeframesOf(draft: Draft, choices: BacktestChoices): readonly TimeframeChoice[] {
  return choices.data.find((one) => one.name === draft.data)?.timeframes ?? []
}

/** The candles that are chosen: of the timeframe, where there are several. */
export function candlesOf(draft: Draft, choices: BacktestChoices): TimeframeChoice | undefined {
  const all = timeframesOf(draft, choices)
  return all.find((one) => one.timeframe === draft.timeframe) ?? (all.length === 1 ? all[0] : undefined)
}

export function modelOf(draft: Draft, kind: KindOfModel) {
  const used = draft.uses[kind.kind] ?? kind.default
  return kind.models.find((one) => one.name === used)
}

/** Chooses what can be chosen only in one way, and lets go of what cannot be any more. */
export function settled(draft: Draft, choices: BacktestChoices): Draft {
  const whole = choices.strategies.filter((one) => !one.error)
  const strategy = strategyOf(draft, choices)?.name ?? (whole.length === 1 ? whole[0].name : '')
  const usable = choices.data.filter((one) => one.timeframes.length > 0)
  const data = choices.data.find((one) => one.name === draft.data)?.name ?? (usable.length === 1 ? usable[0].name : '')
  const timeframes = timeframesOf({ ...draft, data }, choices)
  const isThere = timeframes.some((one) => one.timeframe === draft.timeframe)
  const timeframe = isThere ? draft.timeframe : timeframes.length === 1 ? timeframes[0].timeframe : ''
  return { ...draft, strategy, data, timeframe }
}

/** The form as it was for a run that was done. */
export function draftOf(told: BacktestTold, choices: BacktestChoices): Draft {
  const { run, settings, markets } = told
  const words = (value: unknown) => String(value ?? '')
  const draft = {
    ...blank(),
    strategy: run.strategy,
    parameters: Object.fromEntries(Object.entries(settings.parameters).map(([name, value]) => [name, words(value)])),
    data: run.data,
    timeframe: run.timeframe,
    markets,
    cash: words(settings.cash),
    name: run.name,
  }
  for (const [key, value] of Object.entries(settings.models)) {
    const [kind, name] = key.split('.')
    if (name === 'use') draft.uses[kind] = value
    else if (!isNothing(value)) draft.models[key] = /^(True|False)$/.test(value) ? value.toLowerCase() : value
  }
  const candles = candlesOf(draft, choices)
  draft.areAll = candles !== undefined && candles.markets === run.market_count
  if (candles && run.begin_ms > candles.begin_ms) draft.from = date(run.begin_ms).slice(0, 10)
  if (candles && run.end_ms < candles.end_ms) draft.to = date(run.end_ms).slice(0, 10)
  return settled(draft, choices)
}

/** What *one* may be, in words: a whole number from 2 to 500. */
export function boundsOf({ kind, minimum, maximum, choices }: ParameterChoice): string {
  if (kind === 'choice') return `one of ${choices.join(', ')}`
  if (kind !== 'integer' && kind !== 'number') return ''
  const what = kind === 'integer' ? 'a whole number' : 'a number'
  if (minimum !== null && maximum !== null) return `${what} from ${minimum} to ${maximum}`
  if (minimum !== null) return `${what}, at least ${minimum}`
  return maximum === null ? what : `${what}, at most ${maximum}`
}

/** What is wrong with *text* as a value of *one*; '' where nothing is. Nothing written stands for the default. */
export function faultOf(one: ParameterChoice, text: string): string {
  const written = text.trim()
  if (isNothing(written)) return ''
  const bounds = `${boundsOf(one)} is needed`
  if (one.kind === 'choice') return one.choices.includes(written) ? '' : bounds
  if (one.kind !== 'integer' && one.kind !== 'number') return ''
  const value = Number(written)
  if (!Number.isFinite(value) || (one.kind === 'integer' && !Number.isInteger(value))) return bounds
  const isLow = one.minimum !== null && value < one.minimum
  return isLow || (one.maximum !== null && value > one.maximum) ? bounds : ''
}

/** Which field of the form the server speaks of, where it names a parameter of the strategy; '' where it does not. */
export function fieldOf(detail: string): string {
  const name = /at `\$\.([A-Za-z_]\w*)`/.exec(detail)?.[1]
  return name ? `param.${name}` : ''
}

/** All that is wrong with the form. */
export function faultsOf(draft: Draft, choices: BacktestChoices): Faults {
  const faults: Faults = {}
  const note = (field: string, fault: string) => {
    if (fault) faults[field] = fault
  }
  const strategy = strategyOf(draft, choices)
  note('strategy', !strategy ? 'Choose a strategy' : (strategy.error ?? ''))
  for (const one of strategy?.parameters ?? []) note(`param.${one.name}`, faultOf(one, draft.parameters[one.name] ?? ''))
  const data = choices.data.find((one) => one.name === draft.data)
  note('data', !data ? 'Choose the candles' : (data.error ?? ''))
  const candles = candlesOf(draft, choices)
  if (data && !data.error) note('timeframe', candles ? '' : 'Choose how long the candles are')
  if (!draft.areAll) {
    const { length } = draft.markets
    note('markets', length === 0 ? 'Choose at least one market, or all' : '')
    if (length > MOST_MARKETS) note('markets', `At most ${count(MOST_MARKETS)} can be named; take all instead`)
  }
  for (const [field, fault] of Object.entries(spanFaults(draft, candles))) note(field, fault)
  const cash = Number(draft.cash)
  note('cash', draft.cash.trim() !== '' && Number.isFinite(cash) && cash > 0 ? '' : 'An amount above 0 is needed')
  for (const kind of choices.models) {
    const model = modelOf(draft, kind)
    for (const one of model?.parameters ?? []) {
      const key = `${kind.kind}.${model!.name}.${one.name}`
      note(key, faultOf(one, draft.models[key] ?? ''))
    }
  }
  note('shuffles', faultOf(SHUFFLES, draft.shuffles))
  if (draft.name.length > 60) note('name', 'At most 60 characters')
  return faults
}

function spanFaults(draft: Draft, candles: TimeframeChoice | undefined): Faults {
  const [from, to] = [dayOf(draft.from), dayOf(draft.to)]
  const faults: Faults = {}
  if (from === undefined) faults.from = 'A day like 2024-01-31 is needed'
  if (to === undefined) faults.to = 'A day like 2024-01-31 is needed'
  if (from != null && to != null && from > to) faults.to = 'It ends before it begins'
  if (!candles) return faults
  const span = `The candles go from ${spanOf(candles.begin_ms, candles.end_ms)}`
  if (from != null && from > candles.end_ms) faults.from = span
  if (to != null && to + DAY_MS <= candles.begin_ms) faults.to = span
  return faults
}

/** The beginning of that day (ms, UTC); null where none is written, undefined where it is no day. */
function dayOf(text: string): number | null | undefined {
  if (text.trim() === '') return null
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text.trim()) ? Date.parse(`${text.trim()}T00:00:00Z`) : NaN
  return Number.isFinite(ms) ? ms : undefined
}

function differs(one: ParameterChoice, text: string): boolean {
  const written = text.trim()
  if (isNothing(written)) return false
  const isFigure = one.kind === 'integer' || one.kind === 'number'
  return isFigure && !isNothing(one.default) ? Number(written) !== Number(one.default) : written !== one.default
}

/** What the server is asked for: what is as by default is left out. */
export function requestOf(draft: Draft, choices: BacktestChoices): StartBacktest {
  const parameters: Record<string, string> = {}
  for (const one of strategyOf(draft, choices)?.parameters ?? []) {
    const text = draft.parameters[one.name] ?? ''
    if (differs(one, text)) parameters[one.name] = text.trim()
  }
  const models: Record<string, string> = {}
  for (const kind of choices.models) {
    const model = modelOf(draft, kind)
    if (!model) continue
    if (model.name !== kind.default) models[`${kind.kind}.use`] = model.name
    for (const one of model.parameters) {
      const key = `${kind.kind}.${model.name}.${one.name}`
      if (differs(one, draft.models[key] ?? '')) models[key] = draft.models[key].trim()
    }
  }
  const to = dayOf(draft.to)
  return {
    strategy: draft.strategy,
    parameters,
    models,
    data: draft.data,
    markets: draft.areAll ? [] : [...draft.markets],
    timeframe: (candlesOf(draft, choices)?.timeframe ?? null) as StartBacktest['timeframe'],
    begin_ms: dayOf(draft.from) ?? null,
    end_ms: to == null ? null : to + DAY_MS,
    cash: Number(draft.cash),
    name: draft.name.trim() || null,
    shuffles: draft.shuffles.trim() === '' ? null : Number(draft.shuffles),
  }
}

/** What will be run, in a sentence. */
export function sentenceOf(draft: Draft, choices: BacktestChoices): string {
  const candles = candlesOf(draft, choices)
  if (!draft.strategy || !candles) return ''
  const number = draft.areAll ? candles.markets : draft.markets.length
  const markets = number === 1 ? (draft.areAll ? candles.sample[0] : draft.markets[0]) : `${count(number)} markets`
  const [first, last] = spanOf(candles.begin_ms, candles.end_ms).split(' to ')
  const set = Object.keys(requestOf(draft, choices).models).length
  const costs = set === 0 ? 'costs as by default' : `${set} of the costs and rules set`
  return `${draft.strategy} over ${markets}, candles of ${candles.timeframe}, ${draft.from || first} to ${draft.to || last}, ${costs}.`
}
