/** Users in Postgres. What must hold between two administrators at once rides in locks and conditions here. */
import type { UserStore } from '@/lib/services/access-store'
import type { GroupName, UserView } from '@/lib/services/access-types'
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
  limitedToGroups: true,
  groups: { select: { group: { select: { slug: true, name: true } } }, orderBy: { group: { slug: 'asc' } } },
} as const satisfies Prisma.UserSelect

export function userView<Row extends Prisma.UserGetPayload<{ select: typeof USER_VIEW }>>({
  limitedToGroups,
  groups,
  ...user
}: Row) {
  return { ...user, groups: limitedToGroups ? groups.map(({ group }) => group) : null }
}

export function userStore(db: Database): UserStore {
  return {
    async users() {
      const rows = await db.user.findMany({ select: USER_VIEW, orderBy: [{ name: 'asc' }, { id: 'asc' }] })
      return rows.map(userView)
    },

    async user(id) {
      const row = await db.user.findUnique({ where: { id }, select: { ...USER_VIEW, passwordHash: true } })
      return row && userView(row)
    },

    async createUser(user, events) {
      try {
        return await transact<UserView | 'group_unknown'>(db, async (tx) => {
          const { id, name, email, emailNormalised, role, passwordHash, createdAt } = user
          const groups = user.groups === null ? [] : await groupsNamed(tx, user.groups)
          if (groups === null) return { result: 'group_unknown', events: [] }
          const row = await tx.user.create({
            data: {
              ...{ id, name, email, emailNormalised, role, passwordHash, createdAt, passwordChangedAt: createdAt },
              limitedToGroups: user.groups !== null,
              groups: { create: groups.map((group) => ({ groupId: group.id })) },
            },
            select: USER_VIEW,
          })
          return { result: userView(row), events }
        })
      } catch (error) {
        if (isUniqueViolation(error)) return 'email_taken'
        throw error
      }
    },

    changeUser: (id, change, now, eventsOf) =>
      transact<Awaited<ReturnType<UserStore['changeUser']>>>(db, async (tx) => {
        await lockAdministrators(tx, id)
        const row = await tx.user.findUnique({ where: { id }, select: USER_VIEW })
        if (!row) return { result: 'not_found', events: [] }
        const before = userView(row)
        const disabledAt =
          change.disabled === undefined ? before.disabledAt : disabledSince(change.disabled, before, now)
        const after = { ...before, name: change.name ?? before.name, role: change.role ?? before.role, disabledAt }
        if (isActiveAdmin(before) && !isActiveAdmin(after) && !(await hasOtherAdministrator(tx, id))) {
          return { result: 'last_admin', events: [] }
        }
        const { name, role } = after
        if (change.groups && role !== 'operator') return { result: 'not_operator', events: [] }
        const wanted =
          change.groups === undefined ? before.groups : change.groups && (await groupsNamed(tx, change.groups))
        if (change.groups && wanted === null) return { result: 'group_unknown', events: [] }
        after.groups = role === 'operator' && wanted ? wanted.map(({ slug, name }) => ({ slug, name })) : null
        const regrouped = slugs(before.groups) !== slugs(after.groups)
        if (regrouped) await tx.userGroup.deleteMany({ where: { userId: id } })
        await tx.user.update({
          where: { id },
          data: { ...{ name, role, disabledAt }, ...(regrouped ? { limitedToGroups: after.groups !== null } : {}) },
          select: { id: true },
        })
        if (regrouped && after.groups !== null) await joinGroups(tx, id, after.groups)
        const losesRights = before.role !== role || regrouped || (before.disabledAt === null && disabledAt !== null)
        const reason = before.role !== role ? 'role_changed' : regrouped ? 'groups_changed' : 'disabled'
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
        return { result: true, events: eventsOf(userView(user), ended) }
      }),
  }
}

/** By slug; null when one of them does not exist. */
async function groupsNamed(tx: Transaction, wanted: readonly string[]) {
  const found = await tx.group.findMany({
    where: { slug: { in: [...wanted] } },
    orderBy: { slug: 'asc' },
    select: { id: true, slug: true, name: true },
  })
  return found.length === new Set(wanted).size ? found : null
}

async function joinGroups(tx: Transaction, id: string, groups: readonly GroupName[]): Promise<void> {
  const named = groups.map(({ slug }) => slug)
  await tx.$executeRaw`
    insert into user_group (user_id, group_id) select ${id}::uuid, g.id from "group" g where g.slug = any(${named}::text[])`
}

/** Apart for nobody's groups and for no group. */
function slugs(groups: readonly GroupName[] | null): string {
  return groups === null ? 'all' : groups.map(({ slug }) => slug).join()
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
