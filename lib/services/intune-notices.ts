/** Tells Intune what became of a request (intune.md §5.3 and §5.4): success before the device has it, failure afterwards. */
import { isRefusal } from '@/lib/errors'
import { isSuccess } from './intune-codes'
import { failureBody, keptBytes, keptFrom, reportedSerial, successBody } from './intune-messages'
import { intuneSettings } from './intune-settings'
import type { IntuneClient } from './intune-types'
import type { MdmConnectorRows } from './mdm-connector-types'
import { type DueNotification, failureText, type Teller, type Told } from './notifications'
import type { Signer } from './signer'

export interface IntuneReportStore {
  /**
   * Before the first attempt to tell: the serial as it is reported, and the sealed body, from now on the only one. Returns
   * the sealed body that counts: of two callers, the second gets what the first has written.
   */
  keepReport(report: {
    notificationId: string
    connectorId: string
    certificateId: string
    serial: string
    before: Uint8Array
    sealed: Uint8Array
  }): Promise<Uint8Array | null>
}

export interface IntuneTellerDependencies {
  rows: Pick<MdmConnectorRows, 'connector'>
  client: Pick<IntuneClient, 'act'>
  reports: IntuneReportStore
  signer: Pick<Signer, 'seal' | 'open'>
  caller: string
}

/** Below the time for which a notification is claimed. */
const PATIENCE_MS = 20_000

export function createIntuneTeller(dependencies: IntuneTellerDependencies): Teller {
  const { rows, client, reports, signer, caller } = dependencies

  return {
    async tell(due): Promise<Told> {
      const { validator, transactionRowId } = due
      const connector = validator.connectorId === null ? null : await rows.connector(validator.connectorId)
      const kept = due.sealed === null ? null : await opened(transactionRowId, due.sealed)
      if (connector === null || kept === null) return silent('credentials: The kept request does not open.', 'retry')
      const { unavailableAnswer } = intuneSettings(connector.settings)
      if (connector.disabled) return silent(`${connector.name} is disabled.`, unavailableAnswer)
      const occasion = { enrolmentTransactionId: transactionRowId, patienceMs: PATIENCE_MS }

      if (due.certificate === null) {
        const body = failureBody(kept, { reason: due.reason, description: failureText(due.reason) }, caller)
        const answer = await client.act(connector, 'failureNotification', body, occasion)
        // Whatever it says to that, nothing follows from it.
        return answer.said ? { told: true } : silent(`${answer.fault}: ${answer.detail}`, unavailableAnswer)
      }
      const body = await successOf(due, due.certificate, connector.id)
      if (body === null) return silent('Another attempt is under way.', unavailableAnswer)
      const answer = await client.act(connector, 'successNotification', Buffer.from(body, 'utf8'), occasion)
      if (!answer.said) return silent(`${answer.fault}: ${answer.detail}`, unavailableAnswer)
      if (isSuccess(answer.code)) return { told: true }
      return { told: false, refused: { code: answer.code, message: answer.description } }
    },
  }

  /** Written down before it is sent: an attempt that nobody knows the end of is repeated with the same bytes. */
  async function successOf(
    { id, sealed, transactionRowId }: DueNotification,
    certificate: NonNullable<DueNotification['certificate']>,
    connectorId: string,
  ): Promise<string | null> {
    const kept = sealed === null ? null : await opened(transactionRowId, sealed)
    if (sealed === null || kept === null) return null
    if (kept.success !== undefined) return kept.success
    const success = successBody(kept, certificate, caller)
    const { transactionId } = kept
    const bytes = keptBytes({ transactionId, certificateRequest: kept.certificateRequest, success })
    const written = await reports.keepReport({
      notificationId: id,
      connectorId,
      certificateId: certificate.id,
      serial: reportedSerial(certificate.der),
      before: sealed,
      sealed: await signer.seal('notification', transactionRowId, bytes),
    })
    return written === null ? null : ((await opened(transactionRowId, written))?.success ?? null)
  }

  async function opened(transactionRowId: string, sealed: Uint8Array) {
    try {
      return keptFrom(await signer.open('notification', transactionRowId, sealed))
    } catch (error) {
      if (isRefusal(error, 'invalid_input')) return null
      throw error
    }
  }
}

function silent(detail: string, answer: 'failure' | 'retry'): Told {
  return { told: false, detail, answer }
}
