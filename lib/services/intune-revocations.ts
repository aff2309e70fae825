/** Revocation by Intune (intune.md §8): its requests are fetched, carried out, written down, and answered, in this order. */
import { isRefusal } from '@/lib/errors'
import { systemActor } from './actor'
import type { AuditEntry } from './audit'
import type { RevocationReason } from './certificates'
import { intuneSettings } from './intune-settings'
import type { CaErrorCode, IntuneClient, RevocationRequestItem, RevocationResult } from './intune-types'
import type { MdmConnector, MdmConnectorRows } from './mdm-connector-types'
import { type RevokedFacts, revocationEvent } from './revocation'

/** What became of a request, before Intune knows. */
export interface SettledRequest extends RevocationResult {
  serial: string
}

export type RevocationOutcome =
  | { outcome: 'revoked'; facts: RevokedFacts }
  | { outcome: 'revoked_before' }
  | { outcome: 'unknown' }

export interface IntuneRevocationStore {
  /** Whether it is due and nobody is at it: of two callers one gets it, for so long at most. */
  claim(connectorId: string, by: string, everyMinutes: number, claimSeconds: number): Promise<boolean>
  /** The run is over. */
  release(connectorId: string, by: string): Promise<void>
  /**
   * In one transaction: finds the certificate among those that this connector has reported, under the serial that Intune
   * was told or another spelling of it, in this order; revokes it unless it is revoked; keeps the result, to be uploaded;
   * and appends the events. A request that is kept already is settled again.
   */
  settle(
    request: {
      connectorId: string
      item: RevocationRequestItem
      serials: string[]
      reason: RevocationReason
      by: string
    },
    resultOf: (outcome: RevocationOutcome) => { result: SettledRequest; events: AuditEntry[] },
  ): Promise<SettledRequest>
  /** Results that were never uploaded, oldest first. */
  unsent(connectorId: string, limit: number): Promise<{ id: string; result: RevocationResult }[]>
  sent(ids: string[]): Promise<void>
  /** Deletes results that were uploaded, and challenges that were first seen, so long ago. Returns how many of each. */
  forget(days: { results: number; challenges: number }, limit: number): Promise<number>
}

export interface IntuneRevocations {
  /** Fetches for every connector that is due. What is wrong with one of them keeps no other waiting. */
  pullDue(): Promise<void>
  forget(): Promise<void>
}

export interface IntuneRevocationsDependencies {
  rows: Pick<MdmConnectorRows, 'connectorsOf'>
  client: Pick<IntuneClient, 'downloadRevocations' | 'uploadRevocations'>
  store: IntuneRevocationStore
  clock(): Date
  /** Between the steps, for the tests that kill the process there. */
  checkpoint?(step: 'settled' | 'uploaded'): Promise<void>
}

const PAGE = 100
/** A run ends some time, whatever the other side hands out. */
const MOST_PAGES = 200
/** However slowly; what is left is fetched by the next one. */
const MOST_MS = 100_000
/** Two at it would do no harm; one that died shall not hold the next up for long. */
const CLAIM_SECONDS = 120
const KEPT_DAYS = { results: 30, challenges: 7 }

export function createIntuneRevocations(dependencies: IntuneRevocationsDependencies): IntuneRevocations {
  const { rows, client, store, clock, checkpoint = async () => {} } = dependencies

  return {
    async pullDue() {
      const pulls = await Promise.allSettled((await rows.connectorsOf('intune')).map(pullIfDue))
      for (const pull of pulls) if (pull.status === 'rejected') throw pull.reason
    },

    async forget() {
      while ((await store.forget(KEPT_DAYS, 1_000)) >= 1_000);
    },
  }

  async function pullIfDue(connector: MdmConnector): Promise<void> {
    const { revocations, revocationMinutes } = intuneSettings(connector.settings)
    if (!revocations) return
    const by = crypto.randomUUID()
    if (!(await store.claim(connector.id, by, revocationMinutes, CLAIM_SECONDS))) return
    try {
      await pull(connector)
    } finally {
      await store.release(connector.id, by)
    }
  }

  async function pull(connector: MdmConnector): Promise<void> {
    const end = clock().getTime() + MOST_MS
    // What an earlier run could not deliver comes first; if it still cannot, revoking goes on all the same.
    let delivers = await upload(connector, end)
    for (let page = 1; page <= MOST_PAGES; page++) {
      const downloaded = await client.downloadRevocations(connector, PAGE)
      if (!downloaded.said || downloaded.requests.length === 0) return
      const fault = await settleAll(connector, downloaded.requests)
      await checkpoint('settled')
      delivers = await upload(connector, end)
      if (fault !== null) throw fault.error
      if (!delivers || downloaded.requests.length < PAGE || clock().getTime() >= end) return
    }
  }

  /** One request that cannot be settled does not keep the certificates of the others good. Returns the first fault. */
  async function settleAll(
    connector: MdmConnector,
    items: RevocationRequestItem[],
  ): Promise<{ error: unknown } | null> {
    let fault: { error: unknown } | null = null
    for (const item of items) {
      try {
        await settle(connector, item)
      } catch (error) {
        if (isRefusal(error, 'unavailable')) throw error
        fault ??= { error }
      }
    }
    return fault
  }

  async function settle(connector: MdmConnector, item: RevocationRequestItem): Promise<void> {
    const { revocationReason: reason } = intuneSettings(connector.settings)
    const serials = spellings(item.serialNumber)
    const request = { connectorId: connector.id, item, serials, reason, by: connector.name }
    await store.settle(request, (outcome) => {
      const result = { ...resultOf(outcome, serials), requestContext: item.requestContext, serial: item.serialNumber }
      const events = outcome.outcome === 'revoked' ? [revokedBy(connector, outcome.facts, reason)] : []
      return { result, events }
    })
  }

  /** Marked only once Intune says that it has recorded them: until then they are sent again. */
  async function upload(connector: MdmConnector, end: number): Promise<boolean> {
    for (;;) {
      const unsent = await store.unsent(connector.id, PAGE)
      if (unsent.length === 0) return true
      const results = unsent.map(({ result }) => result)
      const answer = await client.uploadRevocations(connector, results)
      if (!answer.said || !answer.recorded) return false
      await checkpoint('uploaded')
      await store.sent(unsent.map(({ id }) => id))
      if (unsent.length < PAGE) return true
      if (clock().getTime() >= end) return false
    }
  }
}

function resultOf(outcome: RevocationOutcome, serials: string[]) {
  const failed = (errorCode: CaErrorCode, errorMessage: string) => ({ succeeded: false, errorCode, errorMessage })
  switch (outcome.outcome) {
    case 'revoked':
    case 'revoked_before':
      return { succeeded: true, errorCode: 'None', errorMessage: '' } as const
    case 'unknown':
      return serials.length === 0
        ? failed('ParameterDataInvalidError', 'The serial number is neither hexadecimal nor decimal.')
        : failed('CertificateNotFoundError', 'No certificate with this serial number was reported by this connector.')
  }
}

/** As it came; then as hexadecimal without what people and programs put around it; then as decimal. */
export function spellings(serial: string): string[] {
  const bare = serial.trim().replace(/[\s:-]/g, '')
  const hex = bare.replace(/^0x/i, '')
  const spelt = [
    ...(/^[0-9a-f]{1,64}$/i.test(hex) ? [serial, normalised(hex)] : []),
    ...(/^\d{1,80}$/.test(bare) ? [normalised(BigInt(bare).toString(16))] : []),
  ]
  return [...new Set(spelt)]
}

/** Upper case, and no zeros in front: an odd number of digits is what is left of a small first octet. */
function normalised(hex: string): string {
  return hex.toUpperCase().replace(/^0+(?=.)/, '')
}

function revokedBy(connector: MdmConnector, facts: RevokedFacts, reason: RevocationReason): AuditEntry {
  const actor = systemActor('job', `Intune connector ${connector.name}`)
  const comment = 'Intune asked for it: the device was wiped, retired or removed, or its profile was taken away.'
  return revocationEvent(actor, facts, { reason, comment, invalidityDate: null }, { connector: connector.slug })
}
