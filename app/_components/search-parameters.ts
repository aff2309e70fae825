/** Filters live in the URL: a view can be shared, reloaded and gone back to. */

export type SearchParameters = Promise<Record<string, string | string[] | undefined>>

/** The first value of each, trimmed and bounded, without control characters; empty ones are left out. */
export async function readParameters<Name extends string>(
  given: SearchParameters,
  names: readonly Name[],
  longest = 300,
) {
  const all = await given
  const values: Partial<Record<Name, string>> = {}
  for (const name of names) {
    const value = all[name]
    const first = (Array.isArray(value) ? value[0] : value)
      ?.replace(/\p{Cc}/gu, '')
      .trim()
      .slice(0, longest)
    if (first) values[name] = first
  }
  return values
}

/** A value of a closed list, or nothing. */
export function oneOf<Value extends string>(values: readonly Value[], given: string | undefined): Value | undefined {
  return values.find((value) => value === given)
}

export function withParameters(path: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value)
  return query.size > 0 ? `${path}?${query}` : path
}
