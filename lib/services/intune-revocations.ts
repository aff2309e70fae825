/** Revocation by Intune (intune.md §8): its requests are fetched, carried out, written down, and answered, in this order. */
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
  /** Fetches for every connector that is due. */
  pullDue(): Promise<void>
  forget(): Promise<void>
}

export interface IntuneRevocationsDependencies {
  rows: Pick<MdmConnectorRows, 'connectorsOf'>
  client: Pick<IntuneClient, 'downloadRevocations' | 'uploadRevocations'>
  store: IntuneRevocationStore
  /** Between the steps, for the tests that kill the process there. */
  checkpoint?(step: 'settled' | 'uploaded'): Promise<void>
}

const PAGE = 100
/** A run ends some time, whatever the other side hands out. */
const MOST_PAGES = 200
/** Two at it would do no harm; one that died shall not hold the next up for long. */
const CLAIM_SECONDS = 120
const KEPT_DAYS = { results: 30, challenges: 7 }

export function createIntuneRevocations(dependencies: IntuneRevocationsDependencies): IntuneRevocations {
  const { rows, client, store, checkpoint = async () => {} } = dependencies

  return {
    async pullDue() {
      const faults: unknown[] = []
      for (const connector of await rows.connectorsOf('intune')) {
        const { revocations, revocationMinutes } = intuneSettings(connector.settings)
        if (!revocations) continue
        const by = crypto.randomUUID()
        if (!(await store.claim(connector.id, by, revocationMinutes, CLAIM_SECONDS))) continue
        try {
          await pull(connector)
        } catch (error) {
          // What goes wrong with one tenant is no reason to leave the devices of another in.
          faults.push(error)
        } finally {
          await store.release(connector.id, by)
        }
      }
      if (faults.length > 0) throw faults[0]
    },

    async forget() {
      while ((await store.forget(KEPT_DAYS, 1_000)) >= 1_000);
    },
  }

  async function pull(connector: MdmConnector): Promise<void> {
    // What an earlier run could not deliver comes first; if it still cannot, revoking goes on all the same.
    let delivers = await upload(connector)
    for (let page = 1; page <= MOST_PAGES; page++) {
      const downloaded = await client.downloadRevocations(connector, PAGE)
      if (!downloaded.said || downloaded.requests.length === 0) return
      for (const item of downloaded.requests) await settle(connector, item)
      await checkpoint('settled')
      delivers = await upload(connector)
      if (!delivers || downloaded.requests.length < PAGE) return
    }
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
  async function upload(connector: MdmConnector): Promise<boolean> {
    for (;;) {
      const unsent = await store.unsent(connector.id, PAGE)
      if (unsent.length === 0) return true
      const results = unsent.map(({ result }) => result)
      const answer = await client.uploadRevocations(connector, results)
      if (!answer.said || !answer.recorded) return false
      await checkpoint('uploaded')
      await store.sent(unsent.map(({ id }) => id))
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
