/** The first run in Postgres: one open link, one organisation, one claim on making the root. */
import type { SetupStore } from '@/lib/services/setup'
import { type Database, type Transaction, transact } from './database'

/** Any number that nobody else takes: it serialises the making of links. */
const LINK_LOCK = 811_900_412
const CLAIM = 'setup-claim'

export function setupStore(db: Database): SetupStore {
  return {
    isDone: () => isDone(db),

    replaceLink: ({ id, tokenHash, createdAt, expiresAt }) =>
      db.$transaction(async (tx) => {
        await tx.$executeRaw`select pg_advisory_xact_lock(${LINK_LOCK}::bigint)`
        if (await isDone(tx)) return false
        await closeLinks(tx, createdAt)
        await tx.setupLink.create({ data: { id, tokenHash: new Uint8Array(tokenHash), createdAt, expiresAt } })
        return true
      }),

    async linkIsOpen(tokenHash, now) {
      const open = { tokenHash: new Uint8Array(tokenHash), usedAt: null, expiresAt: { gt: now } }
      return (await db.setupLink.count({ where: open })) === 1 && !(await isDone(db))
    },

    async begin(claim, now, staleBefore) {
      const claimed = await db.$executeRaw`
        insert into installation_value as standing (name, value, created_at)
        values (${CLAIM}, ${claim}, ${now}::timestamptz)
        on conflict (name) do update set value = excluded.value, created_at = excluded.created_at
        where standing.created_at < ${staleBefore}::timestamptz`
      return claimed === 1
    },

    letGo: (claim) => letGo(db, claim),

    complete: ({ claim, tokenHash, now, organisation, rootId, user }, events) =>
      transact<'done' | 'link_refused' | 'already_done'>(db, async (tx) => {
        // Locked first: whoever took the claim over waits here, and then finds the organisation.
        const held = await tx.$queryRaw<unknown[]>`
          select 1 as held from installation_value where name = ${CLAIM} and value = ${claim} for update`
        if (held.length === 0 || (await isDone(tx))) return { result: 'already_done', events: [] }
        if (tokenHash && !(await spendLink(tx, tokenHash, now))) return { result: 'link_refused', events: [] }
        await tx.organisation.create({ data: { id: 1, name: organisation, rootId, createdAt: now } })
        const { id, name, email, emailNormalised, passwordHash } = user
        await tx.user.create({
          data: {
            id,
            name,
            email,
            emailNormalised,
            passwordHash,
            role: 'admin',
            createdAt: now,
            passwordChangedAt: now,
          },
        })
        await closeLinks(tx, now)
        await letGo(tx, claim)
        return { result: 'done', events }
      }),
  }
}

async function isDone(db: Database | Transaction): Promise<boolean> {
  return (await db.organisation.count()) > 0
}

async function spendLink(tx: Transaction, tokenHash: Uint8Array, now: Date): Promise<boolean> {
  const open = { tokenHash: new Uint8Array(tokenHash), usedAt: null, expiresAt: { gt: now } }
  return (await tx.setupLink.updateMany({ where: open, data: { usedAt: now } })).count === 1
}

async function closeLinks(tx: Transaction, now: Date): Promise<void> {
  await tx.setupLink.updateMany({ where: { usedAt: null }, data: { usedAt: now } })
}

async function letGo(db: Database | Transaction, claim: string): Promise<void> {
  await db.installationValue.deleteMany({ where: { name: CLAIM, value: claim } })
}
