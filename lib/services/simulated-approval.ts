/** What would happen at the policy "approval": whether a request is held, what is decided about it, and who decides. */
import { nameToText } from '@/lib/pki/name'
import { carriesChallenge, MOST_WAITING, requestedExtensions } from './approval-authorisation'
import { differencesOf, warningsOf } from './approval-review'
import type { ApprovalStore } from './approval-types'
import { sha256 } from './certificate-intent'
import { EnrolmentRefusal } from './enrolment-refusals'
import { type Authorisation, fails, passes, refusedFor } from './simulation-checks'
import { lastFact, textFact } from './simulation-record'
import type { Simulated, SimulationCheck } from './simulation-types'
import { sourceOf } from './source-address'
import { issuable } from './subject-template'

export interface ApprovalLookup {
  /** Where each of the requests comes from that wait at the endpoint, so many at most. */
  waitingAt(endpointId: string, limit: number): Promise<(string | null)[]>
  /** The newest live enrolment of this very request at the endpoint that was held for people. */
  heldRequest(endpointId: string, csrSha256: Uint8Array): Promise<string | null>
}

export interface ApprovalSimulationDependencies {
  store: ApprovalLookup
  approvals: Pick<ApprovalStore, 'get' | 'history'>
}

type Held = NonNullable<Awaited<ReturnType<ApprovalStore['get']>>>

const HISTORY = 20
/** Of no enrolment. */
const NO_ENROLMENT = '00000000-0000-0000-0000-000000000000'

export function createApprovalSimulation({ store, approvals }: ApprovalSimulationDependencies) {
  return async (simulated: Simulated): Promise<Authorisation> => {
    const { endpoint, subject } = simulated
    const names = issuable(subject.request)
    let wrongChallenge: boolean
    try {
      wrongChallenge = carriesChallenge({ endpoint, csr: { challengePasswords: challengesOf(simulated) } })
    } catch (error) {
      if (error instanceof EnrolmentRefusal) return refusedFor(error.reason)
      throw error
    }
    if ('detail' in names) return refusedFor('csr_rejected', names.detail)
    const id = await heldAs(simulated)
    const held = id === null ? null : await approvals.get(id)
    const checks =
      held === null
        ? await newRequest(simulated)
        : [standingOf(held, endpoint.approvalsRequired, subject.record !== null)]
    return {
      checks,
      constraints: null,
      notes: await notesOf(simulated, wrongChallenge, id),
    }
  }

  /** A device that sends the same request under its transactionID again meets the one that is held. */
  async function heldAs({ endpoint, subject: { record, csr } }: Simulated): Promise<string | null> {
    if (record !== null) return record.endpoint.slug === endpoint.slug ? record.id : null
    return csr === null ? null : store.heldRequest(endpoint.id, sha256(csr.der))
  }

  async function newRequest({ endpoint, subject }: Simulated): Promise<SimulationCheck[]> {
    const { approvalsRequired, pendingTtlHours } = endpoint
    const waiting = await store.waitingAt(endpoint.id, MOST_WAITING.perEndpoint)
    const from = subject.ip === null ? null : sourceOf(subject.ip)
    const fromThere = from === null ? 0 : waiting.filter((ip) => sourceOf(ip) === from).length
    const full = waiting.length >= MOST_WAITING.perEndpoint || fromThere >= MOST_WAITING.perSource
    const there = from === null ? '' : `, ${fromThere} of ${MOST_WAITING.perSource} from ${from}`
    const says = `${waiting.length} of ${MOST_WAITING.perEndpoint} requests wait at the endpoint${there}.`
    const people =
      approvalsRequired === 1
        ? 'It would wait until one administrator or operator approves it'
        : `It would wait until ${approvalsRequired} administrators or operators approve it, signed in as themselves`
    return [
      full ? fails('queue', 'approval_queue_full', says) : passes('queue', says),
      { check: 'people', verdict: 'asks', says: `${people}, for ${pendingTtlHours} hours at most.` },
    ]
  }

  /** As the page of the request would show it to whoever decides. */
  async function notesOf(
    { subject, dropped, reach }: Simulated,
    wrongChallenge: boolean,
    heldId: string | null,
  ): Promise<string[]> {
    if (dropped === null) return []
    const { request, csr, record, ip, signedBy } = subject
    const signature = record === null ? '' : textFact(record, 'csr.read', 'signature')
    const asked = { ...request, signatureAlgorithm: csr?.signatureAlgorithm ?? signature }
    const requested = { ...requestedExtensions(asked), dropped, wrongChallenge }
    const names = { subject: nameToText(request.subjectDer), san: request.san }
    const spkiSha256 = Buffer.from(sha256(request.spki)).toString('hex')
    const history = await approvals.history({ id: heldId ?? NO_ENROLMENT, ...names, spkiSha256 }, HISTORY, reach)
    return [...differencesOf({ requested }), ...warningsOf({ ...names, sourceIp: ip, renews: signedBy }, history)]
  }
}

/** Empty equals absent; of a recorded request their number alone is known. */
function challengesOf({ subject: { csr, record }, asked }: Simulated): string[] {
  const given = asked.challenge?.trim()
  if (given) return [given]
  if (csr !== null) return csr.challengePasswords
  const count = record === null ? 0 : lastFact(record, 'csr.read', 'challenges')
  return Array<string>(typeof count === 'number' ? count : 0).fill('(not kept)')
}

function standingOf(
  { state, decisions, certificate, createdAt }: Held,
  required: number,
  isRecorded: boolean,
): SimulationCheck {
  // Of a pasted request its transactionID is not known.
  const again = isRecorded ? 'Sent again' : 'Sent under the same transactionID'
  const since = createdAt.toISOString()
  switch (state) {
    case 'open': {
      const approvals = decisions.filter(({ approves }) => approves).length
      const says = `${again}, it is the request that waits since ${since}: ${approvals} of ${required} approvals are given.`
      return { check: 'people', verdict: 'asks', says }
    }
    case 'approved':
      return passes(
        'people',
        certificate === null
          ? `It is approved. ${again}, its certificate is made at once.`
          : `It was approved. ${again}, it gets the same certificate.`,
      )
    case 'denied':
      return fails('people', 'request_denied', `${again} within a day, it hears so again.`)
    case 'expired':
      return fails('people', 'request_expired', `${again} within a day, it hears so again.`)
  }
}
