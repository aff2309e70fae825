/** An endpoint of each policy, what a stranger may bring there, and what must hold at it after every request. */
import { createHash } from 'node:crypto'
import type { parseCertificate } from '@/lib/pki/certificate'
import { nameToText, parseNameText } from '@/lib/pki/name'
import { MOST_WAITING } from '@/lib/services/approval-authorisation'
import type { EndpointPolicy } from '@/lib/services/endpoint-settings'
import { sourceOf } from '@/lib/services/source-address'
import { matchTemplate, parseSubjectTemplate } from '@/lib/services/subject-template'
import type { EnrolmentBacking, EnrolmentPortal } from '@/lib/services/testing/enrolment'
import { actor } from '@/lib/services/testing/harness'
import { DELEGATED_CHALLENGE, type Delegate } from './delegate'
import { SAN, SUBJECT } from './names'
import type { Chance } from './random'

export interface Minted {
  id: string
  challenge: string
}

/** Challenges that are there to be taken, and must not be. */
export interface Prizes {
  /** In the CSR of nearly every message. */
  live: Minted
  /** In CSRs that are changed and then signed by their own key: mismatches may revoke it. */
  loose: Minted
}

/** What a request is entitled to. */
export interface Allowed {
  /** SubjectPublicKeyInfo of the only key that may be certified; null when nothing may be issued. */
  key: Uint8Array | null
  /** The challenge that may be spent, or revoked by mismatches when `mismatch` says so; all others stay as they are. */
  challenge: Minted | null
  mismatch: boolean
}

type Certificate = ReturnType<typeof parseCertificate>

export interface Place {
  policy: EndpointPolicy
  slug: string
  prizes: Prizes
  /** Before a request is sent somewhere. */
  renew(by: Chance): Promise<void>
  /** What is wrong here after a request; `issued` counts certificates that it may have led to here. */
  faults(may: Allowed, issued: number): Promise<string[]>
  /** Why a certificate of this place must not be, but for its key. */
  misnamed(certificate: Certificate): string | null
}

export interface Surroundings {
  backing: EnrolmentBacking
  portal: EnrolmentPortal
}

const admin = actor('admin')
/** Where most requests come from. */
export const BUSIEST = '192.0.2.7'
const NOBODY: Minted = { id: '', challenge: '' }
const TEMPLATE = `${SUBJECT}; ${SAN.map(({ type, value }) => `${type}:${value}`).join('; ')}`
/** Well below what one secret may be used for. */
const USES_OF_A_SECRET = 5_000
/** Once a source may have filled its share, people make room from time to time, by both kinds of decision. */
const ROUNDS_PER_DECISION = 20

export async function dynamicPlace({ backing, portal }: Surroundings): Promise<Place> {
  const untouched = new Map<string, Minted>()
  const prizes = { live: await mint(), loose: await mint() }
  return {
    policy: 'dynamic',
    slug: portal.slug,
    prizes,
    async renew() {
      if (!(await isPending(prizes.live))) prizes.live = await mint()
      if (!(await isPending(prizes.loose))) prizes.loose = await mint()
    },
    async faults(may, issued) {
      const faults: string[] = []
      for (const [id] of untouched) {
        const state = await backing.challengeState(id)
        if (state === 'pending') continue
        untouched.delete(id)
        const own = may.challenge?.id === id
        if (own && issued > 0 && state === 'consumed') continue
        if (own && may.mismatch && state === 'revoked') continue
        faults.push(`the challenge ${id} is ${state}`)
      }
      return faults
    },
    misnamed,
  }

  async function mint(): Promise<Minted> {
    // By the command line, which may mint as many as it likes.
    const minter = { ...actor('operator'), via: 'cli' as const }
    const minted = await portal.challenges.mint(minter, { endpoint: portal.slug, subject: SUBJECT, san: [...SAN] })
    untouched.set(minted.id, minted)
    return minted
  }

  async function isPending({ id }: Minted): Promise<boolean> {
    return (await backing.challengeState(id)) === 'pending'
  }
}

export async function staticPlace({ backing, portal }: Surroundings): Promise<Place> {
  const { slug } = (await portal.createGroup('Static')).endpoint
  await backing.setEndpoint(slug, { policy: 'static' })
  const template = parseSubjectTemplate(TEMPLATE)
  const first = await create()
  const prizes = { live: first, loose: first }
  let uses = 0
  return {
    policy: 'static',
    slug,
    prizes,
    async renew() {
      if (uses < USES_OF_A_SECRET) return
      await portal.staticSecrets.revoke(admin, slug, prizes.live.id)
      uses = 0
      prizes.live = await create()
      prizes.loose = prizes.live
    },
    async faults(_, issued) {
      const before = uses
      const secrets = await portal.staticSecrets.list(admin, slug)
      uses = secrets.find(({ id }) => id === prizes.live.id)?.uses ?? 0
      const used = uses - before
      return used === issued ? [] : [`${used} uses of the static secret for ${issued} certificates`]
    },
    misnamed({ subjectDer, san }) {
      const verdict = matchTemplate(template, { subject: parseNameText(nameToText(subjectDer)), san })
      return verdict.fits ? null : `a certificate outside the template: ${verdict.detail}`
    },
  }

  async function create(): Promise<Minted> {
    const { secret, view } = await portal.staticSecrets.create(admin, slug, {
      subjectTemplate: TEMPLATE,
      allowedAddresses: ['0.0.0.0/0', '::/0'],
      maxUses: 100_000,
      perHour: 10_000,
      expiresInDays: 30,
    })
    return { id: view.id, challenge: secret }
  }
}

/** The decisions of people are made between the requests: what they lead to is looked at here, once. */
export async function approvalPlace({ backing, portal }: Surroundings, decided: () => Certificate[]): Promise<Place> {
  const { slug } = (await portal.createGroup('Approval')).endpoint
  await backing.setEndpoint(slug, { policy: 'approval' })
  let waiting = 0
  const perSource = new Map<string, number>()
  // The busiest source nearly has its share already, so that the limit is met within minutes.
  for (let held = 0; held < MOST_WAITING.perSource - 2; held++) {
    const device = await portal.device({ endpoint: slug, transactionId: `held-${held}`, ip: BUSIEST })
    await device.enrol()
    waiting += 1
    count(BUSIEST, 1)
  }
  const late: string[] = []
  return {
    policy: 'approval',
    slug,
    prizes: { live: NOBODY, loose: NOBODY },
    async renew(by) {
      if (waiting <= 2 * MOST_WAITING.perSource || !by.oneIn(ROUNDS_PER_DECISION)) return
      const request = await newest()
      if (request === undefined) return
      const { id, sourceIp, subject, spkiSha256 } = request
      if (by.oneIn(3)) await portal.approvals.deny(admin, id)
      else await portal.approvals.approve(admin, id)
      waiting -= 1
      count(sourceIp, -1)
      for (const { subjectDer, spki } of decided())
        if (nameToText(subjectDer) !== subject || hashOf(spki) !== spkiSha256)
          late.push(`${subject} was approved, and ${nameToText(subjectDer)} issued`)
    },
    async faults({ key, mismatch }, issued) {
      const faults = late.splice(0)
      // Whoever is approved has the certificate already: a device only fetches it.
      if (issued > 0) faults.push('a certificate that nobody approved')
      const held = (await portal.approvals.countOpen(admin)) - waiting
      if (held === 0) return faults
      waiting += held
      const request = await newest()
      if (held !== 1 || request === undefined) return [...faults, `${held} requests more wait for approval`]
      count(request.sourceIp, 1)
      const there = perSource.get(sourceOf(request.sourceIp)) ?? 0
      if (key === null || request.spkiSha256 !== hashOf(key)) faults.push('a request for another key waits')
      else if (!mismatch && request.subject !== SUBJECT) faults.push(`a request for ${request.subject} waits`)
      if (waiting > MOST_WAITING.perEndpoint || there > MOST_WAITING.perSource)
        faults.push(`${waiting} requests wait, ${there} of one source`)
      return faults
    },
    misnamed: () => null,
  }

  function count(sourceIp: string | null, more: 1 | -1): void {
    const source = sourceOf(sourceIp)
    perSource.set(source, (perSource.get(source) ?? 0) + more)
  }

  async function newest() {
    return (await portal.approvals.list(admin, { endpoint: slug, state: 'open' }, { limit: 1 })).items[0]
  }
}

export async function delegatedPlace({ backing, portal }: Surroundings, delegate: Delegate): Promise<Place> {
  const { slug } = (await portal.createGroup('Delegated')).endpoint
  await backing.setEndpoint(slug, { policy: 'delegated' })
  delegate.decidesFor(slug)
  const prize = { id: '', challenge: DELEGATED_CHALLENGE }
  return {
    policy: 'delegated',
    slug,
    prizes: { live: prize, loose: prize },
    async renew(by) {
      delegate.moods = by
    },
    async faults(_, issued) {
      const { allowed, unsound } = delegate.taken()
      return issued > allowed ? [...unsound, `${issued} certificates, and the validator allowed ${allowed}`] : unsound
    },
    misnamed,
  }
}

function misnamed({ subjectDer, san }: Certificate): string | null {
  if (nameToText(subjectDer) !== SUBJECT) return `a certificate for ${nameToText(subjectDer)}`
  return san.some(({ type, value }) => type !== SAN[0].type || value !== SAN[0].value) ? 'a name more' : null
}

function hashOf(spki: Uint8Array): string {
  return createHash('sha256').update(spki).digest('hex')
}
