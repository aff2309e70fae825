/** Pages of lists that a service returns whole, such as groups: the cursor names the last item of the page before. */
import { Refusal } from '@/lib/errors'
import type { Page } from '@/lib/services/audit'

export function pageThrough<T>(
  items: T[],
  page: { cursor?: string; limit: number },
  nameOf: (item: T) => string,
): Page<T> {
  const start = page.cursor === undefined ? 0 : indexAfter(items, page.cursor, nameOf)
  const shown = items.slice(start, start + page.limit)
  const last = shown.at(-1)
  const more = last !== undefined && start + page.limit < items.length
  return { items: shown, nextCursor: more ? Buffer.from(nameOf(last)).toString('base64url') : null }
}

function indexAfter<T>(items: T[], cursor: string, nameOf: (item: T) => string): number {
  const name = Buffer.from(cursor, 'base64url').toString()
  const index = items.findIndex((item) => nameOf(item) === name)
  if (index >= 0) return index + 1
  const sentence = 'This cursor belongs to no page of this list. Begin again without it.'
  throw new Refusal('invalid_input', sentence, { fields: { cursor: 'Unknown.' } })
}
