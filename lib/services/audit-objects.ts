/** What audit events are about, for people: its name, its page, and which events belong to its story. */
import type { Actor } from './actor'
import type { AuditEventView, AuditReference } from './audit'
import { subjectOfKey } from './devices'
import { authorise } from './permissions'

/** A thing that still exists, as its own table names it. */
export interface NamedObject extends AuditReference {
  name: string
  /** What its page is found by; its id where that is so. */
  slug: string
}

export interface AuditObjectStore {
  /** Those of these that exist and have a page. */
  named(objects: AuditReference[]): Promise<NamedObject[]>
  /**
   * What else tells its story: of a certificate its challenge and its enrolments, of a device its certificates, of a group its
   * endpoints and authorities, of an authority its key. `limit` of them at most, the newest.
   */
  related(object: AuditReference, limit: number): Promise<AuditReference[]>
  /** Certificates under this very name, the newest. */
  certificatesOf(subject: string, limit: number): Promise<string[]>
}

/** A story: what it is called, and the objects whose events make it up. */
export interface ObjectStory {
  object: AuditReference
  name: string | null
  objects: AuditReference[]
}

export interface AuditObjectsService {
  /** For a link such as certificate:0198…; null for what names no object. */
  story(actor: Actor, reference: string): Promise<ObjectStory | null>
  /** Paths of pages by "type:id", for the objects and the people of these events. */
  named(actor: Actor, events: readonly AuditEventView[]): Promise<Map<string, NamedObject>>
}

const MOST_RELATED = 200
const REFERENCE = /^([a-z-]{1,40}):([\w.:~-]{1,6000})$/

export function createAuditObjects({ store }: { store: AuditObjectStore }): AuditObjectsService {
  return {
    async story(actor, reference) {
      authorise(actor, 'audit:read')
      const [, type, id] = REFERENCE.exec(reference) ?? []
      if (type === undefined || id === undefined) return null
      const object = { type, id }
      // A device that no MDM knows is a name: its certificates are all there is of it.
      const subject = type === 'device' ? subjectOfKey(id) : null
      if (subject !== null) {
        const ids = await store.certificatesOf(subject, MOST_RELATED)
        return { object, name: subject, objects: ids.map((each) => ({ type: 'certificate', id: each })) }
      }
      const [named] = await store.named([object])
      return { object, name: named?.name ?? null, objects: [object, ...(await store.related(object, MOST_RELATED))] }
    },

    async named(actor, events) {
      authorise(actor, 'audit:read')
      const wanted = new Map<string, AuditReference>()
      for (const { object, actor: by } of events) {
        if (object.id !== null) wanted.set(referenceOf(object.type, object.id), { type: object.type, id: object.id })
        if (by.type === 'user' && by.id !== null) wanted.set(referenceOf('user', by.id), { type: 'user', id: by.id })
      }
      const named = await store.named([...wanted.values()])
      return new Map(named.map((each) => [referenceOf(each.type, each.id), each]))
    },
  }
}

export function referenceOf(type: string, id: string): string {
  return `${type}:${id}`
}
