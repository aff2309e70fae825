/** Users in Postgres. What must hold between two administrators at once rides in locks and conditions here. */
import type { UserStore } from '@/lib/services/access-store'
import type { UserView } from '@/lib/services/access-types'
import { type Database, type Transaction, transact } from './database'
import { Prisma } from './generated/client'

export const USER_VIEW = {
  id: true,
  name: true,
  email: true,
  role: true,
  createdAt: true,
  lastSignInAt: true,
  disabledAt: true,
} as const

export function userStore(db: Database): UserStore {
  return {
    async users() {
      return db.user.findMany({ select: USER_VIEW, orderBy: [{ name: 'asc' }, { id: 'asc' }] })
    },

    async user(id) {
      return db.user.findUnique({ where: { id }, select: { ...USER_VIEW, passwordHash: true } })
    },

    async createUser(user, events) {
      try {
        return await transact(db, async (tx) => {
          const { id, name, email, emailNormalised, role, passwordHash, createdAt } = user
          const passwordChangedAt = createdAt
          await tx.user.create({
            data: { id, name, email, emailNormalised, role, passwordHash, createdAt, passwordChangedAt },
          })
          return { result: 'created' as const, events }
        })
      } catch (error) {
        if (isUniqueViolation(error)) return 'email_taken'
        throw error
      }
    },

    changeUser: (id, change, now, eventsOf) =>
      transact<UserView | 'not_found' | 'last_admin'>(db, async (tx) => {
        await lockAdministrators(tx, id)
        const before = await tx.user.findUnique({ where: { id }, select: USER_VIEW })
        if (!before) return { result: 'not_found', events: [] }
        const disabledAt =
          change.disabled === undefined ? before.disabledAt : disabledSince(change.disabled, before, now)
        const after = { ...before, name: change.name ?? before.name, role: change.role ?? before.role, disabledAt }
        if (isActiveAdmin(before) && !isActiveAdmin(after) && !(await hasOtherAdministrator(tx, id))) {
          return { result: 'last_admin', events: [] }
        }
        const { name, role } = after
        await tx.user.update({ where: { id }, data: { name, role, disabledAt } })
        const losesRights = before.role !== role || (before.disabledAt === null && disabledAt !== null)
        const reason = before.role !== role ? 'role_changed' : 'disabled'
        const ended = losesRights ? await endSessions(tx, id, null, now, reason) : 0
        return { result: after, events: eventsOf(before, after, ended) }
      }),

    setPassword: (id, { passwordHash, expectedHash, keepSession }, now, eventsOf) =>
      transact(db, async (tx) => {
        const { count } = await tx.user.updateMany({
          where: { id, ...(expectedHash === null ? {} : { passwordHash: expectedHash }) },
          data: { passwordHash, passwordChangedAt: now },
        })
        if (count !== 1) return { result: false, events: [] }
        const user = await tx.user.findUniqueOrThrow({ where: { id }, select: USER_VIEW })
        const ended = await endSessions(tx, id, keepSession, now, 'password_changed')
        return { result: true, events: eventsOf(user, ended) }
      }),
  }
}

/**
 * Locks every enabled administrator and the user to be changed, always in the same order: two changes that each would
 * leave the other's administrator as the last one cannot both pass.
 */
async function lockAdministrators(tx: Transaction, id: string): Promise<void> {
  await tx.$queryRaw`
    select id from "user" where id = ${id}::uuid or (role = 'admin' and disabled_at is null) order by id for update`
}

async function hasOtherAdministrator(tx: Transaction, id: string): Promise<boolean> {
  return (await tx.user.count({ where: { role: 'admin', disabledAt: null, id: { not: id } } })) > 0
}

function isActiveAdmin(user: Pick<UserView, 'role' | 'disabledAt'>): boolean {
  return user.role === 'admin' && user.disabledAt === null
}

function disabledSince(disabled: boolean, before: Pick<UserView, 'disabledAt'>, now: Date): Date | null {
  return disabled ? (before.disabledAt ?? now) : null
}

/** A session that lapsed already is ended too: nobody should find it alive when a clock is put back. */
async function endSessions(
  tx: Transaction,
  userId: string,
  keep: string | null,
  now: Date,
  reason: string,
): Promise<number> {
  const { count } = await tx.session.updateMany({
    where: { userId, endedAt: null, ...(keep === null ? {} : { id: { not: keep } }) },
    data: { endedAt: now, endedReason: reason },
  })
  return count
}

/** P2002 is Prisma's code for a unique index that said no. */
function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
}
