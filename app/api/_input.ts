/** Turns what was sent into checked values, or into a refusal that names every field at fault. */
import type { z } from 'zod'
import { Refusal } from '@/lib/errors'

/** A path part that breaks its schema names nothing: 404, as for any other name that does not exist. */
export function checkedParams<S extends z.ZodObject>(schema: S, params: unknown): z.output<S> {
  const result = schema.safeParse(params ?? {})
  if (result.success) return result.data
  throw new Refusal('not_found', 'There is no such object.', { reason: 'malformed_name' })
}

export function checkedFields<S extends z.ZodObject>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const fields: Record<string, string> = {}
  for (const issue of result.error.issues) {
    for (const path of pathsOf(issue)) fields[path] ??= sentenceOf(issue)
  }
  throw new Refusal('invalid_input', 'At least one field is missing, unknown or not valid: see errors.', { fields })
}

/** A parameter that comes twice is refused: which of the two would count? */
export function queryOf(request: Request): Record<string, string> {
  const query = new Map<string, string>()
  for (const [name, value] of new URL(request.url).searchParams) {
    if (query.has(name)) {
      throw new Refusal('invalid_input', 'A parameter comes twice.', { fields: { [shown([name])]: 'Comes twice.' } })
    }
    query.set(name, value)
  }
  return Object.fromEntries(query)
}

function pathsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code !== 'unrecognized_keys') return [shown(issue.path)]
  return issue.keys.map((key) => shown([...issue.path, key]))
}

function shown(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '(whole)' : path.map(String).join('.').slice(0, 100)
}

/** Never the value: it may be a secret, and it is the sender's anyway. */
function sentenceOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'unrecognized_keys' ? 'There is no such field.' : issue.message
}
