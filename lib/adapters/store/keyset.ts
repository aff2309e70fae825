/** Cursors of pages that are ordered by time and id, newest first: stable while rows are added in front. */
import { Refusal } from '@/lib/errors'

export interface KeysetPosition {
  at: Date
  id: string
}

export function encodeCursor({ at, id }: KeysetPosition): string {
  return Buffer.from(`${at.toISOString()} ${id}`, 'utf8').toString('base64url')
}

export function decodeCursor(cursor: string | undefined): KeysetPosition | null {
  if (cursor === undefined || cursor === '') return null
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ')
  const at = new Date(time)
  if (Number.isNaN(at.getTime()) || !/^[0-9a-f-]{36}$/i.test(id)) {
    throw new Refusal('invalid_input', 'The cursor is not one of ours. Start from the first page.', {
      reason: 'invalid_cursor',
    })
  }
  return { at, id }
}
