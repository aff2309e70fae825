/** The kinds of MDMs as pages speak of them. Plain data: the browser loads it. */
import { EVENTS_GUIDE } from './events-guide'
import { INTUNE_GUIDE } from './intune-guide'
import { JAMF_GUIDE } from './jamf-guide'

export type GuidedKind = 'intune' | 'jamf' | 'events'

export interface KindField {
  name: string
  label: string
  /** lines: a list, one entry a line. endpoint: the slug of one of ours, or none. */
  type: 'text' | 'whole' | 'flag' | 'lines' | 'choice' | 'endpoint'
  /** What it is, and for a value from the MDM where it is found there. */
  hint?: string
  placeholder?: string
  choices?: readonly (readonly [value: string, text: string])[]
  /** Of a new one. */
  initial: string | number | boolean | readonly string[]
  required?: boolean
}

/** What to do in the MDM, and the values that come out of it. */
export interface GuideStep {
  title: string
  /** The way there, as its menus call it. */
  where: string | null
  todo: readonly string[]
  fields: readonly string[]
  /** The credential is entered here. */
  credential?: true
}

export interface KindGuide {
  kind: GuidedKind
  title: string
  description: string
  /** Suggested for a new one. */
  name: string
  slug: string
  fields: readonly KindField[]
  steps: readonly GuideStep[]
  /** Fields that few people change. */
  advanced: readonly string[]
  /** `where`: the place to make another one. */
  credential: { label: string; hint: string; where: string } | null
  /** What to do with the values that we give, once it is added. */
  afterwards: readonly string[]
  /** Of these, what its page goes on saying until it works. */
  remains: readonly string[]
}

export const GUIDES: Readonly<Record<GuidedKind, KindGuide>> = {
  intune: INTUNE_GUIDE,
  jamf: JAMF_GUIDE,
  events: EVENTS_GUIDE,
}

export const KIND_TITLES: Readonly<Record<GuidedKind, string>> = {
  intune: INTUNE_GUIDE.title,
  jamf: JAMF_GUIDE.title,
  events: EVENTS_GUIDE.title,
}

export function fieldOf({ fields }: Pick<KindGuide, 'fields'>, name: string): KindField {
  const field = fields.find((each) => each.name === name)
  if (field === undefined) throw new Error(`no field ${name}`)
  return field
}

/** A form's texts as the kind wants them. A flag that is not ticked is not sent by browsers. */
export function settingsOf({ fields }: Pick<KindGuide, 'fields'>, form: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(fields.map((field) => [field.name, typedValue(field, form[field.name])]))
}

function typedValue({ type }: KindField, given: unknown): string | number | boolean | string[] {
  const text = typeof given === 'string' ? given.trim() : ''
  switch (type) {
    case 'flag':
      return given === 'on'
    case 'whole':
      return /^\d{1,9}$/.test(text) ? Number(text) : text
    case 'lines':
      return text
        .split(/[\n\r]+/)
        .map((line) => line.trim())
        .filter((line) => line !== '')
    case 'text':
    case 'choice':
    case 'endpoint':
      return text
  }
}
