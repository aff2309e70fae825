/**
 * Readings of an MDM's inventory as administrators see them. One that saw far fewer devices than before is taken for broken
 * until an administrator says that the fleet is smaller indeed.
 */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { MOST_MISSES } from './device-reports'
import type { MdmConnector, MdmConnectorRows } from './mdm-connector-types'
import { authorise } from './permissions'

/** One that came to its end. */
export interface InventoryReading {
  id: string
  startedAt: Date
  finishedAt: Date
  seen: number
  /** Managed devices that it did not see. */
  missing: number
  /** Whether they count as missing; otherwise it saw too few for that. */
  whole: boolean
  /** What the reading saw that it was measured against, where it is not whole. */
  before: number | null
}

export interface InventoryReadingsService {
  /** The last one; null before the first. Refusals of both: not_found. */
  last(actor: Actor, slug: string): Promise<InventoryReading | null>
  /**
   * Later readings are measured against this one, and what the next one does not see either is removed. Refusals: conflict,
   * when it is not the last one any more, is whole already or saw no device at all.
   */
  accept(actor: Actor, slug: string, readingId: string): Promise<InventoryReading>
}

export interface InventoryReadingStore {
  last(connectorId: string): Promise<InventoryReading | null>
  /**
   * In one statement, with the events: only while it is the last one, and saw some devices but too few. Those that it did
   * not see and nobody has told of since lack one more miss for being removed.
   */
  accept(
    reading: { id: string; connectorId: string },
    rule: { mostMisses: number },
    events: AuditEntry[],
  ): Promise<boolean>
}

export function createInventoryReadings({
  store,
  rows,
}: {
  store: InventoryReadingStore
  rows: Pick<MdmConnectorRows, 'connectorBySlug'>
}): InventoryReadingsService {
  async function connectorOf(slug: string): Promise<MdmConnector> {
    const found = await rows.connectorBySlug(slug)
    if (found === null) throw new Refusal('not_found', 'There is no such connector.', { reason: 'connector_unknown' })
    return found
  }

  return {
    async last(actor, slug) {
      authorise(actor, 'connector:read')
      return store.last((await connectorOf(slug)).id)
    },

    async accept(actor, slug, readingId) {
      authorise(actor, 'connector:manage')
      const { id: connectorId, name } = await connectorOf(slug)
      const reading = await store.last(connectorId)
      if (reading === null || reading.id !== readingId) throw overtaken()
      const { seen, missing, before, whole } = reading
      if (whole)
        throw new Refusal('conflict', 'This reading of the inventory is whole: there is nothing to accept.', {
          reason: 'reading_whole',
        })
      if (seen === 0)
        throw new Refusal(
          'conflict',
          'A reading that saw no device at all cannot be accepted. Test the connection, and look what its API role may see.',
          { reason: 'reading_empty' },
        )
      const accepted: AuditEntry = {
        type: 'connector.inventory_accepted',
        outcome: 'success',
        actor,
        object: { type: 'connector', id: connectorId, name },
        data: { reading: readingId, seen, missing, before },
      }
      if (!(await store.accept({ id: readingId, connectorId }, { mostMisses: MOST_MISSES }, [accepted])))
        throw overtaken()
      return { ...reading, whole: true, before: null }
    },
  }
}

function overtaken(): Refusal {
  return new Refusal(
    'conflict',
    'The inventory was read again meanwhile. Load the page again and look at the new figures, then decide.',
    { reason: 'reading_overtaken' },
  )
}
