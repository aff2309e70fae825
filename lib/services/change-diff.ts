/** What an event says was changed, field by field: the value before and the value after. */
import type { Json } from './audit'

export interface ChangedField {
  field: string
  /** Empty where there was nothing. */
  before: string
  after: string
}

type Change = { fields: string[]; before?: Json; after?: Json }

/** Events give both sides as objects; what only one of them says was added or taken away. */
export function changedFields({ fields, before, after }: Change): ChangedField[] {
  const [old, now] = [leaves(before), leaves(after)]
  const names = [...new Set([...old.keys(), ...now.keys()])]
  const changed = names
    .map((field) => ({ field, before: old.get(field) ?? '', after: now.get(field) ?? '' }))
    .filter((each) => each.before !== each.after)
  // Fields that were changed and whose values are not on record, such as secrets, are named all the same.
  const unsaid = fields.filter((name) => !names.some((path) => path === name || path.startsWith(`${name}.`)))
  return [...changed, ...unsaid.map((field) => ({ field, before: '', after: '' }))]
}

/** "profile.validityDays" and its value. Lists are one value: their order may mean something. */
function leaves(value: Json | undefined, path = ''): Map<string, string> {
  if (value === undefined) return new Map()
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return new Map(
      Object.entries(value).flatMap(([key, member]) => [...leaves(member, path === '' ? key : `${path}.${key}`)]),
    )
  }
  return new Map([[path === '' ? 'value' : path, written(value)]])
}

function written(value: Json): string {
  if (value === null) return ''
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.map(String).join(', ')
  return JSON.stringify(value)
}
