/** Lists as people like to see them, under a name: each person's own, and those that somebody shared with everybody. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { authorise, can, type Permission } from './permissions'

export interface SavedView {
  id: string
  name: string
  /** Filters, order and columns, as the address of the page has them. */
  query: string
  shared: boolean
  /** Whose it is, where that is somebody else. */
  by: string | null
  /** Whether this actor may take it away. */
  removable: boolean
}

export interface SavedViewRow {
  id: string
  ownerId: string
  ownerName: string
  list: string
  name: string
  query: string
  shared: boolean
}

export interface SavedViewStore {
  /** Of this person, and those that are shared; by name. */
  list(ownerId: string, list: string): Promise<SavedViewRow[]>
  /** In place of the person's own view of that name, if there is one, whose id it keeps. False when the person has as many as may be. */
  save(view: Omit<SavedViewRow, 'ownerName'>, most: number, saved: (id: string) => AuditEntry): Promise<boolean>
  find(id: string): Promise<SavedViewRow | null>
  remove(id: string, removed: AuditEntry): Promise<boolean>
}

export interface SavedViewsService {
  /** Refusals: forbidden (a list that the actor may not see). */
  list(actor: Actor, list: string): Promise<SavedView[]>
  /** Refusals: invalid_input (name, query), forbidden (to share, or a list that the actor may not see), conflict (too many). */
  save(actor: Actor, view: { list: string; name: string; query: string; shared: boolean }): Promise<void>
  /** One's own, or one that is shared, for administrators. Refusals: not_found. */
  remove(actor: Actor, id: string): Promise<void>
}

/** Lists that not everybody sees who may have views, and what seeing them takes. */
const CLOSED: Readonly<Record<string, Permission>> = { audit: 'audit:read' }
const MOST_OF_ONE_LIST = 30
const LONGEST_NAME = 60
const LONGEST_QUERY = 2_000
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export function createSavedViews({ store }: { store: SavedViewStore }): SavedViewsService {
  return {
    async list(actor, list) {
      const person = personOf(actor, 'saved-view:read')
      authoriseList(actor, list)
      const views = await store.list(person, list)
      return views.map(({ id, ownerId, ownerName, name, query, shared }) => ({
        id,
        name,
        query,
        shared,
        by: ownerId === person ? null : ownerName,
        removable: ownerId === person || can(actor, 'saved-view:manage'),
      }))
    },

    async save(actor, { list, name: given, query, shared }) {
      const ownerId = personOf(actor, 'saved-view:read')
      authoriseList(actor, list)
      if (shared) authorise(actor, 'saved-view:share')
      const name = checkedName(given)
      if (query.length > LONGEST_QUERY || /[\p{Cc}\p{Cs}]/u.test(query))
        throw refused('query', 'This view is too long.')
      const view = { id: crypto.randomUUID(), ownerId, list, name, query, shared }
      const saved = await store.save(view, MOST_OF_ONE_LIST, (id) => ({
        type: 'saved_view.saved',
        outcome: 'success',
        actor,
        object: { type: 'saved-view', id, name },
        data: { list, query, shared },
      }))
      if (!saved)
        throw new Refusal('conflict', `You have ${MOST_OF_ONE_LIST} views of this list. Remove one first.`, {
          reason: 'too_many_views',
        })
    },

    async remove(actor, id) {
      const person = personOf(actor, 'saved-view:read')
      const view = UUID.test(id) ? await store.find(id) : null
      const theirs = view?.ownerId === person || (view?.shared && can(actor, 'saved-view:manage'))
      const removed =
        view &&
        theirs &&
        (await store.remove(id, {
          type: 'saved_view.removed',
          outcome: 'success',
          actor,
          object: { type: 'saved-view', id, name: view.name },
          data: { list: view.list, owner: view.ownerName, shared: view.shared },
        }))
      if (!removed) throw new Refusal('not_found', 'There is no such view any more.', { reason: 'view_unknown' })
    },
  }
}

/** Views are people's: nobody else has a page to see them on. */
function personOf(actor: Actor, permission: 'saved-view:read'): string {
  authorise(actor, permission)
  if (actor.type === 'user' && actor.id !== null) return actor.id
  throw new Refusal('forbidden', 'Views belong to people who are signed in.', { reason: 'no_person' })
}

function authoriseList(actor: Actor, list: string): void {
  const permission = Object.hasOwn(CLOSED, list) ? CLOSED[list] : undefined
  if (permission !== undefined) authorise(actor, permission)
}

function checkedName(given: string): string {
  const name = given.normalize('NFC').trim()
  if (name === '') throw refused('name', 'Give the view a name.')
  if (name.length > LONGEST_NAME) throw refused('name', `Use at most ${LONGEST_NAME} characters.`)
  if (/[\p{Cc}\p{Cs}]/u.test(name)) throw refused('name', 'Leave out control characters.')
  return name
}

function refused(field: string, sentence: string): Refusal {
  return new Refusal('invalid_input', sentence, { reason: `invalid_${field}`, fields: { [field]: sentence } })
}
