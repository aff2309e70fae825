/** What the palette asks that no list does. */
import type { SearchStore } from '@/lib/services/search'
import { bytes } from './certificate-rows'
import type { Database } from './database'

export function searchStore(database: Database): SearchStore {
  return {
    async transactionsNamed(transactionId, { groups }, limit) {
      const rows = await database.enrolmentTransaction.findMany({
        where: {
          transactionId: bytes(Buffer.from(transactionId, 'utf8')),
          ...(groups === undefined ? {} : { endpoint: { group: { slug: { in: [...groups] } } } }),
        },
        orderBy: { createdAt: 'desc' },
        take: limit,
        select: { id: true },
      })
      return rows.map(({ id }) => id)
    },
  }
}
