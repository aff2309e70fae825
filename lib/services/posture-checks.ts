/** The checks of the posture as data: what each asks, why it matters, how to mend it, and how it judges the facts. */
import type { PostureCheckId, PostureCheckView, PostureEvidence, PostureFacts, PostureVerdict } from './posture-types'

interface Judgement {
  verdict: PostureVerdict
  evidence: PostureEvidence[]
}

interface Check extends Omit<PostureCheckView, 'verdict' | 'evidence' | 'accepted'> {
  judge(facts: PostureFacts, now: Date, publicUrl: URL): Judgement
}

const DAY_MS = 86_400_000
const MINUTES_OF_A_DAY = 1_440
/** A static challenge that outlives this is not bounded. */
const STATIC_DAYS = 90
/** An issuer must outlive what it issues; everything else is replaced at short notice. */
const EXPIRY_DAYS = { root: 365, issuer: 365, short: 30 }
/** Jobs make its list and responder within seconds; its certificate is dated back by an hour. */
const BEING_MADE_MS = 65 * 60_000
const LATE_MS = 15 * 60_000
const KEK_DAYS = 365
const BACKUP_DAYS = { good: 2, bad: 7 }
const VERIFIED_DAYS = 31
/** Of evidence: enough to act on. */
const SHOWN = 8

export function judged(facts: PostureFacts, now: Date, publicUrl: URL): Omit<PostureCheckView, 'accepted'>[] {
  return CHECKS.map(({ judge, ...check }) => {
    const { verdict, evidence } = judge(facts, now, publicUrl)
    const rest = evidence.length - SHOWN
    return {
      ...check,
      verdict,
      evidence: rest > 0 ? [...evidence.slice(0, SHOWN), { text: `And ${rest} more.` }] : evidence,
    }
  })
}

/** What passes counts in full, what wants attention half; where there is nothing to judge, nothing counts. */
export function scoreOf(checks: readonly { verdict: PostureVerdict }[]): number {
  const counting = checks.filter(({ verdict }) => verdict !== 'none')
  if (counting.length === 0) return 100
  const points = counting.reduce(
    (sum, { verdict }) => sum + (verdict === 'pass' ? 2 : verdict === 'attention' ? 1 : 0),
    0,
  )
  return Math.round((100 * points) / (2 * counting.length))
}

export function isCheck(id: string): id is PostureCheckId {
  return CHECKS.some((check) => check.id === id)
}

export function titleOf(id: PostureCheckId): string {
  return CHECKS.find((check) => check.id === id)?.title ?? id
}

const CHECKS: readonly Check[] = [
  {
    id: 'issuer-per-group',
    title: 'Every group has its own issuer',
    why: 'Whoever breaks an issuer can make certificates for everybody it stands for. With one issuer for each group, one break stays in one group, and nobody crosses into a group with more access.',
    fix: 'Create a group for each set of users and devices that has access of its own.',
    go: { href: '/groups', text: 'Open groups' },
    judge({ groups, sharedIssuers }) {
      if (groups.length === 0) return none('There is no group yet.')
      const wanting = groups.filter(({ issuers }) => issuers.length === 0)
      if (sharedIssuers.length > 0)
        return open(sharedIssuers.map((slug) => ({ text: `${slug} issues for several groups`, href: '/authorities' })))
      if (wanting.length > 0)
        return attention(wanting.map(({ slug, name }) => ({ text: `${name} has no issuer`, href: `/groups/${slug}` })))
      return pass(`${counted(groups.length, 'group')}, each with an issuer of its own.`)
    },
  },
  {
    id: 'static-challenges',
    title: 'No endpoint accepts a static challenge',
    why: 'A password that many devices share is read by one of them sooner or later. Whoever reads it can enrol as anyone, until somebody notices.',
    fix: 'Move the endpoint to dynamic challenges or to its MDM, and revoke the static challenge.',
    go: { href: '/endpoints', text: 'Open endpoints' },
    judge({ staticSecrets }, now) {
      if (staticSecrets.length === 0) return pass('None is active.')
      const evidence = staticSecrets.map(({ endpoint, name, expiresAt, maxUses, perHour }) => ({
        text: `${name} accepts one: ends ${day(expiresAt)}, ${counted(maxUses, 'use')} at most, ${perHour} an hour`,
        href: `/endpoints/${endpoint}`,
      }))
      const unbounded = staticSecrets.some(({ expiresAt }) => daysUntil(expiresAt, now) > STATIC_DAYS)
      return unbounded ? open(evidence) : attention(evidence)
    },
  },
  {
    id: 'dynamic-challenges',
    title: 'Dynamic challenges end within a day',
    why: 'Each is bound to one subject and works once, so what is left to steal is time. A challenge that waits for weeks in a mailbox is found by somebody else.',
    fix: 'Set the lifetime of challenges on the endpoint to a day or less, and revoke those that wait longer.',
    go: { href: '/challenges?state=pending', text: 'Open pending challenges' },
    judge({ endpoints, longChallenges }) {
      const dynamic = endpoints.filter(({ policy }) => policy === 'dynamic')
      if (dynamic.length === 0) return none('No enabled endpoint has dynamic challenges.')
      const long = dynamic.filter(({ challengeTtlMinutes }) => challengeTtlMinutes > MINUTES_OF_A_DAY)
      const evidence = [
        ...long.map(({ slug, name, challengeTtlMinutes }) => ({
          text: `${name} gives them ${Math.round(challengeTtlMinutes / 60)} hours`,
          href: `/endpoints/${slug}`,
        })),
        ...(longChallenges > 0
          ? [
              {
                text: `${counted(longChallenges, 'challenge')} waiting for more than another day`,
                href: '/challenges?state=pending',
              },
            ]
          : []),
      ]
      if (long.length > 0) return open(evidence)
      return longChallenges > 0
        ? attention(evidence)
        : pass(`${counted(dynamic.length, 'endpoint')}: a day or less, each challenge bound to one subject.`)
    },
  },
  {
    id: 'weak-algorithms',
    title: 'No endpoint speaks broken cryptography',
    why: 'Single DES is searched through in hours, so what a device sends under it, its challenge included, can be read. A CA key that opens messages is asked by strangers; a registration authority is there to be asked instead.',
    fix: 'Switch single DES and the CA identity off on the endpoint, and replace the clients that need them.',
    go: { href: '/endpoints', text: 'Open endpoints' },
    judge({ endpoints }) {
      if (endpoints.length === 0) return none('No endpoint is enabled.')
      const des = endpoints.filter(({ allowDes }) => allowDes)
      const ca = endpoints.filter(({ scepIdentity }) => scepIdentity === 'ca')
      if (des.length + ca.length === 0) return pass(`${counted(endpoints.length, 'enabled endpoint')} without either.`)
      return open([
        ...des.map(({ slug, name }) => ({ text: `${name} accepts single DES`, href: `/endpoints/${slug}` })),
        ...ca.map(({ slug, name }) => ({
          text: `${name} opens messages with the issuer's key`,
          href: `/endpoints/${slug}`,
        })),
      ])
    },
  },
  {
    id: 'apple-attestation',
    title: 'Apple devices prove what they are',
    why: 'By SCEP a device says its own serial number, and nothing proves it. ACME with device attestation lets Apple vouch for the device, so that a stolen profile is worth nothing on another one.',
    fix: 'Latchkey does not serve ACME yet: until it does, bind challenges to the device by its MDM, and accept this risk with an end date.',
    go: null,
    judge({ appleEnrolments }) {
      if (appleEnrolments === 0) return none('No Apple device enrolled within the last 30 days.')
      const many = appleEnrolments > 1_000 ? 'More than 1,000 certificates' : counted(appleEnrolments, 'certificate')
      return attention([
        { text: `${many} to Apple devices by SCEP within the last 30 days`, href: '/enrolments?client=apple' },
      ])
    },
  },
  {
    id: 'outside-record',
    title: 'Another system hears what happens, without lag',
    why: 'Whoever takes this machine over can be seen only from outside it. A record that left in time is one that nobody here can take back.',
    fix: 'Add an event webhook that leads to your SIEM or alerting, and mend the one that lags.',
    go: { href: '/connectors', text: 'Open connectors' },
    judge({ webhooks }, now) {
      const running = webhooks.filter(({ paused }) => !paused)
      if (running.length === 0)
        return open([{ text: webhooks.length === 0 ? 'There is no event webhook.' : 'Every event webhook is paused.' }])
      const late = running.filter(
        ({ waitingSince }) => waitingSince && now.getTime() - waitingSince.getTime() > LATE_MS,
      )
      if (late.length > 0)
        return attention(
          late.map(({ id, name, waitingSince }) => ({
            text: `${name} has not taken an event since ${waitingSince === null ? 'the start' : moment(waitingSince)}`,
            href: `/connectors/event-webhooks/${id}`,
          })),
        )
      return pass(
        ...running.map(({ id, name, events }) => ({
          text: `${name} hears of ${counted(events, 'kind')} of events, without lag`,
          href: `/connectors/event-webhooks/${id}`,
        })),
      )
    },
  },
  {
    id: 'revocation-follows-mdm',
    title: 'Revocation follows the MDM',
    why: 'A device that was lost, wiped or let go keeps its key. Unless its certificate ends with it, whoever finds it is on your network.',
    fix: 'Let the rules of the group hold or revoke when the MDM says that a device is gone; look at their dry run first.',
    go: { href: '/devices', text: 'Open devices' },
    judge({ following }) {
      if (following.length === 0) return none('No connected MDM tells of the devices of any group.')
      const wanting = following.filter(({ follows }) => !follows)
      if (wanting.length === 0) return pass(`${counted(following.length, 'group')} with rules that hold or revoke.`)
      return open(
        wanting.map(({ slug, name }) => ({
          text: `${name}: its rules only report`,
          href: `/groups/${slug}/device-rules`,
        })),
      )
    },
  },
  {
    id: 'connectors-answer',
    title: 'Connected systems answer',
    why: 'An MDM that cannot be reached neither vouches for a device nor tells that it was lost. Enrolment waits, and revocation stays behind.',
    fix: 'Test the connection on its page: it says which step fails and what to do.',
    go: { href: '/connectors', text: 'Open connectors' },
    judge({ connectors }) {
      if (connectors.length === 0) return none('No MDM is connected.')
      const failing = connectors.filter(({ failures }) => failures > 0)
      if (failing.length === 0) return pass(`${counted(connectors.length, 'connector')}, working.`)
      const evidence = failing.map(({ slug, name, lastError }) => ({
        text: lastError === null ? `${name} fails` : `${name}: ${lastError}`,
        href: `/connectors/${slug}`,
      }))
      return failing.some(({ failures }) => failures >= 3) ? open(evidence) : attention(evidence)
    },
  },
  {
    id: 'status-fresh',
    title: 'Revocation lists and OCSP are fresh',
    why: 'A list that has run out makes some relying parties refuse everybody, and others let everybody in. A revocation that no list carries has not happened.',
    fix: 'Look at the authority: its page says when it last published and why it does not now.',
    go: { href: '/authorities', text: 'Open authorities' },
    judge({ authorities }, now) {
      const due = authorities.filter(
        ({ notBefore, notAfter }) => notAfter > now && now.getTime() - notBefore.getTime() > BEING_MADE_MS,
      )
      if (due.length === 0) return none('No authority has existed for an hour.')
      const stale = due.flatMap(({ slug, name, keyHere, crlNextUpdate, ocspNotAfter }) => [
        ...(crlNextUpdate !== null && crlNextUpdate > now
          ? []
          : [
              {
                text: `${name}: ${crlNextUpdate ? `its revocation list ran out ${moment(crlNextUpdate)}` : 'it has no revocation list'}`,
                href: `/authorities/${slug}`,
              },
            ]),
        ...(!keyHere || (ocspNotAfter !== null && ocspNotAfter > now)
          ? []
          : [{ text: `${name}: no OCSP responder answers for it`, href: `/authorities/${slug}` }]),
      ])
      return stale.length > 0 ? open(stale) : pass(`${counted(due.length, 'authority', 'authorities')}, all fresh.`)
    },
  },
  {
    id: 'expiry-ahead',
    title: 'Nothing that everything rests on is about to expire',
    why: 'When an issuer, a registration authority or the credential of a connector ends, enrolment stops for everybody at once. An issuer must also outlive what it issues.',
    fix: 'Stage a rollover of the issuer in time; make a new credential in the MDM and enter it here.',
    go: { href: '/authorities', text: 'Open authorities' },
    judge({ authorities, registrationAuthorities, credentials, apiKeys }, now) {
      const ends = [
        ...authorities.map(({ slug, name, kind, notAfter }) => ({
          name,
          at: notAfter,
          days: EXPIRY_DAYS[kind],
          href: `/authorities/${slug}`,
        })),
        ...registrationAuthorities.map(({ endpoint, name, notAfter }) => ({
          name: `The registration authority of ${name}`,
          at: notAfter,
          days: EXPIRY_DAYS.short,
          href: `/endpoints/${endpoint}`,
        })),
        ...credentials.map(({ slug, name, expiresAt }) => ({
          name: `The credential of ${name}`,
          at: expiresAt,
          days: EXPIRY_DAYS.short,
          href: `/connectors/${slug}`,
        })),
        ...apiKeys.map(({ name, expiresAt }) => ({
          name: `API key ${name}`,
          at: expiresAt,
          days: EXPIRY_DAYS.short,
          href: '/settings/api-keys',
        })),
      ].toSorted((a, b) => a.at.getTime() - b.at.getTime())
      if (ends.length === 0) return none('There is nothing that could.')
      const near = ends.filter(({ at, days }) => daysUntil(at, now) < days)
      const evidence = near.map(({ name, at, href }) => ({
        text: `${name} ${at <= now ? 'ended' : 'ends'} ${day(at)}`,
        href,
      }))
      if (near.some(({ at }) => at <= now)) return open(evidence)
      return near.length > 0
        ? attention(evidence)
        : pass(`The first of ${ends.length} ends ${day(ends[0]?.at ?? now)}.`)
    },
  },
  {
    id: 'kek-backup',
    title: 'The key-encryption key is kept elsewhere too',
    why: 'Every CA key is encrypted under it. Without it a restored database is a box that nobody can open, and every group starts again.',
    fix: 'Put a copy of the KEK where the database backups are not, and say so here. The command “latchkey kek check FILE” proves that the copy is the right one.',
    go: { href: '/posture#safekeeping', text: 'Confirm the copy' },
    judge: ({ kekId, kekCopy: kept }, now) => {
      if (kept === null) return open([{ text: 'Nobody has said that there is a copy.' }])
      if (kekId !== null && kept.kekId !== null && kept.kekId !== kekId)
        return open([{ text: `The copy of ${day(kept.at)} is of another KEK.` }])
      return aged(kept, kept.proved ? 'proved' : 'said', now, KEK_DAYS, null)
    },
  },
  {
    id: 'database-backup',
    title: 'The database is backed up',
    why: 'It holds every certificate, every revocation and the audit trail. What is not backed up is lost with the disk, and with it the power to revoke.',
    fix: 'Back up Postgres daily, and let the script say so by the command “latchkey backup record --note WHERE”.',
    go: { href: '/posture#safekeeping', text: 'Confirm a backup' },
    judge: ({ backup }, now) => {
      if (backup === null) return open([{ text: 'No backup was ever reported.' }])
      return aged(backup, 'said', now, BACKUP_DAYS.good, BACKUP_DAYS.bad)
    },
  },
  {
    id: 'second-factor',
    title: 'Every administrator has a second factor',
    why: 'An administrator can revoke everything and let anyone in. A password alone is one phished page away from somebody else.',
    fix: 'Latchkey does not ask for a second factor yet: let administrators reach it only through a network or proxy that does, and accept this risk with an end date.',
    go: { href: '/settings/people', text: 'Open people' },
    judge: ({ administrators }) =>
      administrators === 0
        ? none('There is no administrator.')
        : open([
            { text: `${counted(administrators, 'administrator')} with a password alone`, href: '/settings/people' },
          ]),
  },
  {
    id: 'transport',
    title: 'The portal is reached over TLS',
    why: 'Over plain HTTP everybody on the way reads passwords and sessions. Devices protect what they send by SCEP itself; people do not.',
    fix: 'Put a proxy with TLS in front, and set PUBLIC_URL to its https address.',
    go: { href: '/help/configuration', text: 'Read how' },
    judge(_facts, _now, publicUrl) {
      if (publicUrl.protocol === 'https:') return pass(`People come by ${publicUrl.origin}.`)
      return ['localhost', '127.0.0.1', '[::1]'].includes(publicUrl.hostname)
        ? attention([{ text: `${publicUrl.origin} is this machine alone.` }])
        : open([{ text: `People come by ${publicUrl.origin}.` }])
    },
  },
  {
    id: 'audit-verified',
    title: 'The audit trail was verified within a month',
    why: 'Each event carries the hash of the one before, so a changed one shows, to whoever looks. A chain that nobody verifies proves nothing.',
    fix: 'Verify the chain on the audit page, and keep its head somewhere else.',
    go: { href: '/audit', text: 'Open the audit trail' },
    judge({ auditVerified }, now) {
      if (auditVerified === null) return attention([{ text: 'It never was.' }])
      if (!auditVerified.good) return open([{ text: `It did not hold on ${day(auditVerified.at)}.`, href: '/audit' }])
      return daysSince(auditVerified.at, now) > VERIFIED_DAYS
        ? attention([{ text: `The last time was ${day(auditVerified.at)}.` }])
        : pass(`It held on ${day(auditVerified.at)}.`)
    },
  },
]

function aged(
  { at, by, place }: NonNullable<PostureFacts['backup']>,
  how: 'proved' | 'said',
  now: Date,
  good: number,
  bad: number | null,
): Judgement {
  const evidence = [{ text: `${day(at)}, ${how} by ${by}: ${place}` }]
  const age = daysSince(at, now)
  if (bad !== null && age > bad) return open(evidence)
  return age > good ? attention(evidence) : { verdict: 'pass', evidence }
}

const pass = (...evidence: (string | PostureEvidence)[]): Judgement => ({
  verdict: 'pass',
  evidence: evidence.map((each) => (typeof each === 'string' ? { text: each } : each)),
})
const attention = (evidence: PostureEvidence[]): Judgement => ({ verdict: 'attention', evidence })
const open = (evidence: PostureEvidence[]): Judgement => ({ verdict: 'open', evidence })
const none = (text: string): Judgement => ({ verdict: 'none', evidence: [{ text }] })

const counted = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`
const day = (at: Date) => at.toISOString().slice(0, 10)
const moment = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
const daysUntil = (at: Date, now: Date) => (at.getTime() - now.getTime()) / DAY_MS
const daysSince = (at: Date, now: Date) => (now.getTime() - at.getTime()) / DAY_MS
