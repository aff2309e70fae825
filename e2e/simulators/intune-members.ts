/** Bodies as the services declare them: every member there, of its type, and none that nobody declared. */

export interface Member {
  type: 'string' | 'integer' | 'boolean' | 'object' | 'array' | 'string or null'
  required: boolean
  members?: Readonly<Record<string, Member>>
}

/** What is wrong with the body, as a sentence; null when nothing is. */
export function wrongMembers(body: unknown, members: Readonly<Record<string, Member>>, path = ''): string | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return `${path || 'The body'} is no object.`
  const given = body as Record<string, unknown>
  const stray = Object.keys(given).find((name) => !(name in members))
  if (stray !== undefined) return `The property '${path}${stray}' does not exist.`
  for (const [name, member] of Object.entries(members)) {
    if (given[name] === undefined) {
      if (member.required) return `The property '${path}${name}' is missing.`
      continue
    }
    if (!isOf(member.type, given[name])) return `The property '${path}${name}' is no ${member.type}.`
    if (member.required && given[name] === '') return `The property '${path}${name}' is empty.`
    const inner = member.members && wrongMembers(given[name], member.members, `${path}${name}.`)
    if (inner) return inner
  }
  return null
}

function isOf(type: Member['type'], value: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'string or null':
      return value === null || typeof value === 'string'
    default:
      return typeof value === type
  }
}
