/** A certificate that was renewed ends before its time, where its endpoint says so: never before its successor is there. */
import { systemActor } from './actor'
import type { AuditEntry } from './audit'
import { fingerprint } from './certificate-intent'

/** One that was just revoked because another took over. */
export interface Superseded {
  id: string
  serial: string
  subject: string
  issuer: string
  fingerprintSha256: Uint8Array
  renewedBy: { id: string; serial: string }
}

export interface SupersessionStore {
  /**
   * In one transaction with the events: revokes as superseded what is due and was not revoked before, while its
   * successor still counts, and makes the CRLs due. Returns how many.
   */
  supersedeDue(at: Date, limit: number, event: (superseded: Superseded) => AuditEntry): Promise<number>
}

export const SUPERSEDED_BY = 'Latchkey'

export interface Supersession {
  run(now: Date): Promise<void>
}

const BATCH = 500

export function createSupersession({
  store,
  onCrlDue = () => {},
}: {
  store: SupersessionStore
  onCrlDue?: () => void
}): Supersession {
  return {
    async run(now) {
      for (let count = BATCH; count === BATCH; ) {
        count = await store.supersedeDue(now, BATCH, supersededEvent)
        if (count > 0) onCrlDue()
      }
    },
  }
}

function supersededEvent({ id, serial, subject, issuer, fingerprintSha256, renewedBy }: Superseded): AuditEntry {
  return {
    type: 'certificate.revoked',
    outcome: 'success',
    actor: systemActor('job', SUPERSEDED_BY),
    object: { type: 'certificate', id, name: subject },
    data: {
      serial,
      subject,
      issuer,
      reasonCode: 'superseded',
      fingerprint: fingerprint(fingerprintSha256),
      renewedBy: renewedBy.serial,
      renewedByCertificateId: renewedBy.id,
    },
  }
}
