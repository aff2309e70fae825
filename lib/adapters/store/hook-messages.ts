/** Messages to /hooks in Postgres: who acts on one, and what it was answered. */
import type { Json } from '@/lib/services/audit'
import type { HookMessageStore } from '@/lib/services/mdm-events'
import { bytes } from './certificate-rows'
import type { Database } from './database'
import { guarded } from './outage'

/** A claim this old without an answer was left by a crash. */
const STALE_SECONDS = 60

export function hookMessageStore(database: Database): HookMessageStore {
  return guarded<HookMessageStore>({
    async claim(connectorId, messageId, bodySha256) {
      const taken = await database.$executeRaw`
        insert into hook_message as m (connector_id, message_id, body_sha256) values (${connectorId}::uuid, ${messageId}, ${bytes(bodySha256)})
        on conflict (connector_id, message_id) do update set claimed_at = now(), body_sha256 = excluded.body_sha256
        where m.answer is null and m.claimed_at < now() - make_interval(secs => ${STALE_SECONDS}::int)`
      if (taken === 1) return { claim: 'mine' }
      const where = { connectorId_messageId: { connectorId, messageId } }
      const row = await database.hookMessage.findUnique({ where, select: { bodySha256: true, answer: true } })
      if (row === null || row.answer === null) return { claim: 'running' }
      return { claim: 'answered', bodySha256: row.bodySha256, answer: row.answer as Json }
    },

    async finish(connectorId, messageId, answer) {
      await database.$executeRaw`
        update hook_message set answer = ${JSON.stringify(answer)}::jsonb
        where connector_id = ${connectorId}::uuid and message_id = ${messageId}`
    },

    async release(connectorId, messageId) {
      await database.$executeRaw`
        delete from hook_message where connector_id = ${connectorId}::uuid and message_id = ${messageId} and answer is null`
    },

    async knownDevice(connectorId, { externalId, serial, udid }) {
      const [row] = await database.$queryRaw<{ externalId: string }[]>`
        select external_id as "externalId" from device
        where connector_id = ${connectorId}::uuid and external_id is not null
          and (external_id = ${externalId} or serial = ${serial} or udid = ${udid})
        order by (external_id = ${externalId}) desc nulls last, management in ('removed', 'wiped'), first_known_at desc, id limit 1`
      return row?.externalId ?? null
    },
  })
}
