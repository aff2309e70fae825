/** What was told, what is worth telling, and who is told. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { cursorOf, parseCursor } from './certificate-requests'
import { checkedText } from './challenge-constraints'
import { changedSettings } from './notice-settings'
import {
  NOTICE_TOPICS,
  type NoticeSettings,
  type NoticeStore,
  type NoticesService,
  type RecipientSettings,
  type RecipientStore,
  type RecipientView,
} from './notice-types'
import { authorise } from './permissions'

const PAGE = { usual: 50, most: 200 }
const SHOWN = 100
const MOST = { name: 100, address: 254, groups: 50 }
const SLUG = /^[a-z0-9-]{1,64}$/

export function createNotices({
  store,
  clock,
}: {
  store: NoticeStore & RecipientStore
  clock: () => Date
}): NoticesService {
  async function one(id: string): Promise<RecipientView> {
    const view = (await store.recipients()).find((recipient) => recipient.id === id)
    if (view === undefined) throw unknown()
    return view
  }

  /** A group that is misspelt would silently never be told of. One that was chosen before may be gone. */
  async function existing(settings: RecipientSettings, before: readonly string[]): Promise<RecipientSettings> {
    const added = settings.groups.filter((slug) => !before.includes(slug))
    const known = added.length === 0 ? [] : await store.knownGroups(added)
    const missing = added.find((slug) => !known.includes(slug))
    if (missing === undefined) return settings
    const sentence = `There is no group ${missing}.`
    throw new Refusal('invalid_input', sentence, { reason: 'group_unknown', fields: { groups: sentence } })
  }

  return {
    async list(actor, filter, { cursor, limit = PAGE.usual }) {
      authorise(actor, 'notice:read')
      const most = Math.min(Math.max(Math.trunc(limit), 1), PAGE.most)
      const rows = await store.list(filter, {
        after: cursor === undefined ? null : parseCursor(cursor),
        limit: most + 1,
      })
      const items = rows.slice(0, most)
      const last = items.at(-1)
      return { items, nextCursor: rows.length > most && last ? cursorOf(last) : null }
    },

    async deliveries(actor) {
      authorise(actor, 'notice:read')
      return store.deliveries(SHOWN)
    },

    async settings(actor) {
      authorise(actor, 'notice:read')
      return store.settings()
    },

    async changeSettings(actor, change) {
      authorise(actor, 'notice:manage')
      const before = await store.settings()
      const after = changedSettings(before, change)
      const fields = changedFields(before, after)
      if (fields.length === 0) return before
      await store.setSettings(after, {
        type: 'notice.settings_changed',
        outcome: 'success',
        actor,
        object: { type: 'system', id: null, name: 'notices' },
        change: { fields, before: flat(before), after: flat(after) },
      })
      return after
    },

    async recipients(actor) {
      authorise(actor, 'notice:read')
      return store.recipients()
    },

    async addRecipient(actor, asked) {
      authorise(actor, 'notice:manage')
      const settings = await existing(checkedRecipient(asked), [])
      const id = crypto.randomUUID()
      const { topics, groups } = settings
      const event = recipientEvent('created', actor, id, settings.name, { data: { topics, groups } })
      if (!(await store.add({ ...settings, id, createdBy: actor.name, at: clock() }, event))) throw taken()
      return one(id)
    },

    async changeRecipient(actor, id, { paused, ...asked }) {
      authorise(actor, 'notice:manage')
      const { name, address, topics, groups, pausedAt } = await one(id)
      const before = { name, address, topics, groups }
      const given = Object.entries(asked).filter(([, value]) => value !== undefined)
      const after = await existing(checkedRecipient({ ...before, ...Object.fromEntries(given) }), groups)
      const switched = paused !== undefined && paused !== (pausedAt !== null)
      const fields = [
        ...RECIPIENT.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field])),
        ...(switched ? ['paused'] : []),
      ]
      if (fields.length === 0) return one(id)
      const change = { ...after, ...(switched ? { pausedAt: paused ? clock() : null } : {}) }
      const done = await store.update(id, change, recipientEvent('updated', actor, id, after.name, { fields }))
      if (done === 'taken') throw taken()
      if (!done) throw unknown()
      return one(id)
    },

    async removeRecipient(actor, id) {
      authorise(actor, 'notice:manage')
      const { name } = await one(id)
      if (!(await store.remove(id, clock(), recipientEvent('removed', actor, id, name, {})))) throw unknown()
    },
  }
}

const RECIPIENT = ['name', 'address', 'topics', 'groups'] as const

/** Throws one Refusal that names every field that is wrong. */
function checkedRecipient({ name, address, topics, groups }: RecipientSettings): RecipientSettings {
  const plain = checkedText('name', name, MOST.name)
  const faults: Record<string, string> = {}
  if (plain === null) faults.name = 'Give a name.'
  if (!isMailAddress(address)) faults.address = 'Write an e-mail address, such as pki@example.org.'
  const wanted = NOTICE_TOPICS.filter((topic) => topics.includes(topic))
  if (wanted.length === 0 || wanted.length < new Set(topics).size)
    faults.topics = `Choose at least one of ${NOTICE_TOPICS.join(', ')}.`
  const slugs = [...new Set(groups)].sort()
  if (slugs.length > MOST.groups || !slugs.every((slug) => SLUG.test(slug)))
    faults.groups = `Name groups as they are in URLs, at most ${MOST.groups}.`
  const [first] = Object.values(faults)
  if (plain === null || first !== undefined)
    throw new Refusal('invalid_input', first ?? 'Give a name.', { reason: 'invalid_recipient', fields: faults })
  return { name: plain, address: address.trim(), topics: wanted, groups: slugs }
}

/** One mailbox (RFC 5321 §4.1.2) without quotes: nothing in it can be read as a second one, or as a header. */
export function isMailAddress(text: string): boolean {
  const address = text.trim()
  return address.length <= MOST.address && MAILBOX.test(address)
}

const MAILBOX =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/

function flat({ thresholds, enrolmentFailures, connectorFailures }: NoticeSettings) {
  return {
    ...thresholds,
    enrolmentFailures: { ...enrolmentFailures },
    connectorFailures: { ...connectorFailures },
  }
}

function changedFields(before: NoticeSettings, after: NoticeSettings): string[] {
  const [old, now]: Record<string, unknown>[] = [flat(before), flat(after)]
  return Object.keys(now ?? {}).filter((field) => JSON.stringify(old?.[field]) !== JSON.stringify(now?.[field]))
}

function recipientEvent(
  what: 'created' | 'updated' | 'removed',
  actor: Actor,
  id: string,
  name: string,
  more: { fields?: string[]; data?: NonNullable<AuditEntry['data']> },
): AuditEntry {
  return {
    type: `notice_recipient.${what}`,
    outcome: 'success',
    actor,
    object: { type: 'notice-recipient', id, name },
    ...(more.fields === undefined ? {} : { change: { fields: more.fields } }),
    ...(more.data === undefined ? {} : { data: more.data }),
  }
}

function unknown(): Refusal {
  return new Refusal('not_found', 'There is no such recipient.', { reason: 'recipient_unknown' })
}

function taken(): Refusal {
  const sentence = 'Notices go to this address already. Change that recipient instead.'
  return new Refusal('conflict', sentence, { reason: 'address_taken', fields: { address: sentence } })
}
