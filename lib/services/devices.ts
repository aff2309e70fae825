/**
 * Everything known under one device name, which is the subject of its certificates. A device has no row of its own yet:
 * its name joins its challenges, its attempts and its certificates.
 */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import type { Page } from './audit'
import type { CertificateStatus, CertificateSummary, CertificatesService } from './certificates'
import type { ChallengesService, ChallengeView } from './challenges'
import { authorise } from './permissions'
import type { TransactionsService, TransactionView } from './transactions'

export interface DeviceSummary {
  /** For the URL of its page. */
  key: string
  subject: string
  certificates: number
  /** Of the newest certificate; null when none was issued yet. */
  status: CertificateStatus | null
  notAfter: Date | null
}

export interface DeviceDetail {
  key: string
  subject: string
  certificates: (CertificateSummary & { renews: string | null })[]
  challenges: ChallengeView[]
  transactions: TransactionView[]
}

export interface DevicesService {
  /** Names that a certificate or a challenge says, in their order. Refusals: invalid_input (cursor). */
  list(
    actor: Actor,
    filter: { search?: string },
    page: { cursor?: string; limit?: number },
  ): Promise<Page<DeviceSummary>>
  /** The newest of everything. Refusals: not_found. */
  get(actor: Actor, key: string): Promise<DeviceDetail>
}

export interface DeviceStore {
  /** In the order of the subjects, beginning after one of them. */
  subjects(
    filter: { search?: string; after?: string },
    limit: number,
  ): Promise<{ subject: string; certificates: number }[]>
  /** Which certificate each one of this subject renewed. */
  renewals(subject: string): Promise<{ id: string; renews: string | null }[]>
}

export interface DevicesDependencies {
  store: DeviceStore
  certificates: Pick<CertificatesService, 'list'>
  challenges: Pick<ChallengesService, 'list'>
  transactions: Pick<TransactionsService, 'list'>
}

const PAGE = { usual: 50, most: 200 }
const NEWEST = { limit: 50 }
/** As long as a subject is stored. */
const MOST_CHARACTERS = 1_000

export function createDevices({ store, certificates, challenges, transactions }: DevicesDependencies): DevicesService {
  return {
    async list(actor, { search }, { cursor, limit = PAGE.usual }) {
      authorise(actor, 'certificate:read')
      const most = Math.min(Math.max(Math.trunc(limit), 1), PAGE.most)
      const after = cursor === undefined ? undefined : subjectOfKey(cursor)
      if (after === null)
        throw new Refusal('invalid_input', 'The cursor is not one of ours. Start from the first page.', {
          reason: 'invalid_cursor',
        })
      const wanted = search?.normalize('NFC').trim().slice(0, 200) ?? ''
      const rows = await store.subjects(
        { ...(wanted === '' ? {} : { search: wanted }), ...(after === undefined ? {} : { after }) },
        most + 1,
      )
      const shown = rows.slice(0, most)
      const items = await Promise.all(shown.map((row) => summaryOf(actor, row)))
      return { items, nextCursor: rows.length > most ? (items.at(-1)?.key ?? null) : null }
    },

    async get(actor, key) {
      authorise(actor, 'certificate:read')
      const subject = subjectOfKey(key)
      if (subject === null) throw unknown()
      const [issued, minted, asked, renewals] = await Promise.all([
        certificates.list(actor, { subject }, NEWEST),
        challenges.list(actor, { subject }, NEWEST),
        transactions.list(actor, { subject }, NEWEST),
        store.renewals(subject),
      ])
      if (issued.items.length + minted.items.length + asked.items.length === 0) throw unknown()
      const renewed = new Map(renewals.map(({ id, renews }) => [id, renews]))
      return {
        key,
        subject,
        certificates: issued.items.map((each) => ({ ...each, renews: renewed.get(each.id) ?? null })),
        challenges: minted.items,
        transactions: asked.items,
      }
    },
  }

  async function summaryOf(
    actor: Actor,
    { subject, certificates: count }: { subject: string; certificates: number },
  ): Promise<DeviceSummary> {
    const newest = count === 0 ? undefined : (await certificates.list(actor, { subject }, { limit: 1 })).items[0]
    const { status = null, notAfter = null } = newest ?? {}
    return { key: keyOfDevice(subject), subject, certificates: count, status, notAfter }
  }
}

/** Any name fits into a URL this way, slashes and dots included. */
export function keyOfDevice(subject: string): string {
  return Buffer.from(subject, 'utf8').toString('base64url')
}

export function subjectOfKey(key: string): string | null {
  const subject = Buffer.from(key, 'base64url').toString('utf8')
  const whole = subject !== '' && subject.length <= MOST_CHARACTERS && keyOfDevice(subject) === key
  return whole && !subject.includes('\0') ? subject : null
}

function unknown(): Refusal {
  return new Refusal('not_found', 'Nothing is known of such a device.', { reason: 'device_unknown' })
}
