/** A validator that is Microsoft Intune: it opens the challenge and compares the request with its profile (intune.md §5). */
import { sha256 } from './certificate-intent'
import type { Delegate, DelegatedQuestion, Permission, Undecided } from './delegate'
import { namesOf } from './delegate'
import { EnrolmentRefusal } from './enrolment-refusals'
import { masker, printableText } from './enrolment-text'
import { intuneReason, isSuccess } from './intune-codes'
import { keptBytes, keptRequest, validateBody } from './intune-messages'
import { wishedRules } from './intune-request'
import { intuneSettings } from './intune-settings'
import type { IntuneClient } from './intune-types'
import type { MdmConnector, MdmConnectorRows } from './mdm-connector-types'
import type { Signer } from './signer'
import type { Validator } from './validators'

export interface IntuneChallengeStore {
  /** The key (SHA-256 of its SPKI) that this challenge was first seen with, or null. */
  firstKey(connectorId: string, challengeSha256: Uint8Array): Promise<Uint8Array | null>
  /** Notes this key as the first, unless there is one: of two callers, both hear of the one that was first. */
  remember(connectorId: string, challengeSha256: Uint8Array, spkiSha256: Uint8Array): Promise<Uint8Array>
}

export interface IntuneDelegateDependencies {
  rows: Pick<MdmConnectorRows, 'connector'>
  client: Pick<IntuneClient, 'act'>
  challenges: IntuneChallengeStore
  signer: Pick<Signer, 'seal'>
  /** Name and version, as Intune's logs have it. */
  caller: string
}

/** With the notification after it (intune-notices.ts), a device waits 45 s at most. */
const PATIENCE_MS = 25_000

export function createIntuneDelegate(dependencies: IntuneDelegateDependencies): Delegate {
  const { rows, client, challenges, signer, caller } = dependencies

  return {
    // Its devices renew by a new request with a new challenge: an endpoint of Intune's always wants one.
    asksOnRenewal: () => false,

    async ask(question, validator): Promise<Permission | Undecided> {
      const connector = await connectorOf(validator)
      const settings = intuneSettings(connector.settings)
      const { csr, trace, endpoint, transactionId, transactionRowId, spkiSha256 } = question
      // What we refuse ourselves, Intune need not be asked about.
      namesOf(csr.subject, csr.san, { sidChecked: true })
      const rules = wishedRules(csr, endpoint.profile ?? { extendedKeyUsage: [] })
      const challengeSha256 = sha256(Buffer.from(question.challenge, 'utf8'))
      if (settings.strictReplay) {
        const first = await challenges.firstKey(connector.id, challengeSha256)
        if (first !== null) refuseOther(first, question, validator)
      }

      const kept = keptRequest(transactionId, csr.der)
      const answer = await client.act(connector, 'validateRequest', validateBody(kept, caller), {
        enrolmentTransactionId: transactionRowId,
        patienceMs: PATIENCE_MS,
      })
      if (!answer.said) {
        trace.note('intune.validated', { validator: validator.name, fault: answer.fault, detail: answer.detail })
        return { decided: false, detail: `${answer.fault}: ${answer.detail}`, answer: settings.unavailableAnswer }
      }
      const { code } = answer
      const description = printableText(masker([question.challenge])(answer.description)).slice(0, 300)
      trace.note('intune.validated', { validator: validator.name, code, detail: description })
      if (!isSuccess(code)) throw refusedBy(validator, code, description)

      const first = await challenges.remember(connector.id, challengeSha256, spkiSha256)
      if (settings.strictReplay) refuseOther(first, question, validator)
      return {
        decided: true,
        san: csr.san,
        saysNames: true,
        rules,
        evidence: { connector: connector.name },
        notify: {
          validatorId: validator.id,
          body: { transactionId },
          sealed: await signer.seal('notification', transactionRowId, keptBytes(kept)),
        },
      }
    },
  }

  async function connectorOf({ connectorId, name }: Validator): Promise<MdmConnector> {
    const connector = connectorId === null ? null : await rows.connector(connectorId)
    if (connector !== null && !connector.disabled) return connector
    throw new EnrolmentRefusal('validator_missing', `${name} is disabled`)
  }
}

/** Whoever reads a challenge on its way could make a request with a key of its own, and Intune might allow that too. */
function refuseOther(first: Uint8Array, { spkiSha256 }: DelegatedQuestion, { id, name }: Validator): void {
  if (Buffer.from(first).equals(spkiSha256)) return
  throw new EnrolmentRefusal('intune_challenge_replayed', 'the challenge was first seen with another key', {
    object: { type: 'validator', id, name },
    data: { firstSpkiSha256: Buffer.from(first).toString('hex') },
  })
}

function refusedBy({ id, name }: Validator, code: string, description: string): EnrolmentRefusal {
  const detail = description === '' ? code : `${code}: ${description}`
  return new EnrolmentRefusal(intuneReason(code), detail, {
    object: { type: 'validator', id, name },
    data: { validator: name, code: printableText(code).slice(0, 100) },
  })
}
