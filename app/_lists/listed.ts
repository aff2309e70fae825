/** A page of a list whose address somebody wrote by hand, or kept for long: a marker that says nothing means the first page. */
import 'server-only'
import { isRefusal } from '@/lib/errors'
import type { ListPage } from '@/lib/services/listing'

export async function listed<T>(
  read: (cursor: string | undefined) => Promise<ListPage<T>>,
  cursor: string | undefined,
): Promise<ListPage<T> & { cursor: string | undefined }> {
  try {
    return { ...(await read(cursor)), cursor }
  } catch (error) {
    if (cursor !== undefined && isRefusal(error, 'invalid_input')) return listed(read, undefined)
    // A group that does not exist holds nothing, and is no fault.
    if (isRefusal(error, 'not_found') || isRefusal(error, 'invalid_input'))
      return { items: [], nextCursor: null, previousCursor: null, cursor }
    throw error
  }
}
