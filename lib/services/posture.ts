/** Reads the posture, keeps its history, and records what was accepted and what is kept elsewhere. */
import { Refusal } from '@/lib/errors'
import type { Actor } from './actor'
import { systemActor } from './actor'
import type { AuditEntry } from './audit'
import type { BackupsService } from './backups'
import { authorise } from './permissions'
import { isCheck, judged, scoreOf, titleOf } from './posture-checks'
import type {
  AcceptedRisk,
  KekCopy,
  PostureCheckId,
  PostureFacts,
  PostureReading,
  PostureService,
  PostureStore,
  PostureUpkeep,
  PostureView,
} from './posture-types'
import type { Urls } from './urls'

const DAY_MS = 86_400_000
/** An accepted risk is looked at again at least once a year. */
const LONGEST_DAYS = 366
const MOST = { reason: 1_000, place: 200 }
const HISTORY = 400
const JOB = systemActor('job', 'keep-posture')

export interface PostureDeps {
  store: PostureStore
  backups: BackupsService
  urls: Pick<Urls, 'publicUrl' | 'statusUrl'>
  clock: () => Date
}

export function createPosture({ store, backups, urls, clock }: PostureDeps): PostureService & PostureUpkeep {
  async function view(actor: Actor, at: Date): Promise<PostureView> {
    const [stored, accepted, backup] = await Promise.all([store.facts(at), store.accepted(at), backups.latest(actor)])
    const facts: PostureFacts = {
      ...stored,
      backup: backup && { ...backup, place: backup.note ?? 'no place was named' },
    }
    const byCheck = new Map(accepted.map((risk) => [risk.check, risk]))
    const checks = judged(facts, at, urls).map((check) => ({ ...check, accepted: byCheck.get(check.id) ?? null }))
    return { score: scoreOf(checks), at, checks }
  }

  return {
    async get(actor) {
      authorise(actor, 'posture:read')
      return view(actor, clock())
    },

    async history(actor) {
      authorise(actor, 'posture:read')
      return store.readings(HISTORY)
    },

    async accept(actor, asked, { reason, until }) {
      authorise(actor, 'posture:manage')
      const check = known(asked)
      const at = clock()
      const text = reason.trim()
      const fields: Record<string, string> = {}
      if (text.length < 10 || text.length > MOST.reason) fields.reason = 'Say why in 10 to 1,000 characters.'
      const days = (until.getTime() - at.getTime()) / DAY_MS
      if (!(days > 0 && days <= LONGEST_DAYS)) fields.until = 'Choose a day within a year from now.'
      if (Object.keys(fields).length > 0)
        throw new Refusal('invalid_input', 'Something needs another look.', { reason: 'invalid_risk', fields })
      const risk: AcceptedRisk = {
        id: crypto.randomUUID(),
        check,
        reason: text,
        acceptedBy: actor.name,
        acceptedAt: at,
        until,
      }
      await store.accept(risk, riskEvent('posture.risk_accepted', actor, risk))
      return risk
    },

    async withdraw(actor, asked) {
      authorise(actor, 'posture:manage')
      const withdrawn = await store.withdraw(known(asked), actor.name, clock(), (risk) =>
        riskEvent('posture.risk_withdrawn', actor, risk),
      )
      if (withdrawn === null)
        throw new Refusal('not_found', 'This risk is not accepted at the moment.', { reason: 'no_accepted_risk' })
    },

    async confirmSafekeeping(actor, { subject, place }) {
      authorise(actor, 'posture:manage')
      const where = checkedPlace(place)
      if (subject === 'database') await backups.record(actor, { note: where })
      else if (subject === 'kek') await keep(actor, where, { proved: false, kekId: (await store.facts(clock())).kekId })
      else throw new Refusal('invalid_input', 'Name the KEK or the database.', { reason: 'unknown_subject' })
    },

    async proveKek(actor, { kekId, place }) {
      authorise(actor, 'posture:manage')
      const { kekId: inUse } = await store.facts(clock())
      if (inUse === null) throw new Refusal('conflict', 'No key is encrypted yet.', { reason: 'no_kek' })
      if (inUse !== kekId)
        throw new Refusal('conflict', 'This is not a copy of the KEK in use: it opens none of the keys.', {
          reason: 'other_kek',
        })
      await keep(actor, checkedPlace(place), { proved: true, kekId })
    },

    async record(now) {
      const latest = await store.latest()
      const { score, checks } = await view(JOB, now)
      const verdicts = Object.fromEntries(checks.map(({ id, verdict }) => [id, verdict])) as PostureReading['verdicts']
      const changed = checks.filter(({ id, verdict }) => latest?.verdicts[id] !== verdict)
      const sameDay = latest?.at.toISOString().slice(0, 10) === now.toISOString().slice(0, 10)
      if (latest !== null && sameDay && changed.length === 0) return false
      const worse =
        latest === null
          ? []
          : changed.filter(({ id, verdict }) => verdict === 'open' && latest.verdicts[id] !== undefined)
      const events = worse.map(
        ({ id, finding }): AuditEntry => ({
          type: 'posture.check_opened',
          outcome: 'success',
          actor: JOB,
          object: { type: 'posture', id, name: finding },
          data: { before: latest?.verdicts[id] ?? 'none' },
        }),
      )
      return store.addReading({ at: now, score, verdicts }, latest?.at ?? null, events)
    },
  }

  async function keep(actor: Actor, place: string, copy: Pick<KekCopy, 'proved' | 'kekId'>): Promise<void> {
    await store.keep(
      { ...copy, place, at: clock(), by: actor.name },
      {
        type: 'posture.kek_copy_confirmed',
        outcome: 'success',
        actor,
        object: { type: 'posture', id: 'kek-backup', name: 'key-encryption key' },
        data: { place, proved: copy.proved },
      },
    )
  }
}

function checkedPlace(given: string): string {
  const place = given.trim()
  if (place.length > 0 && place.length <= MOST.place) return place
  const sentence = 'Say where it lies, in up to 200 characters.'
  throw new Refusal('invalid_input', sentence, { reason: 'invalid_place', fields: { place: sentence } })
}

function known(check: string): PostureCheckId {
  if (isCheck(check)) return check
  throw new Refusal('not_found', 'There is no such check.', { reason: 'unknown_check' })
}

function riskEvent(
  type: 'posture.risk_accepted' | 'posture.risk_withdrawn',
  actor: Actor,
  { check, reason, until }: AcceptedRisk,
): AuditEntry {
  return {
    type,
    outcome: 'success',
    actor,
    object: { type: 'posture', id: check, name: titleOf(check) },
    data: { reason, until: until.toISOString() },
  }
}
