/** What the posture asks of groups and of how devices enrol. */
import { attention, type Check, check, counted, day, daysUntil, none, open, pass } from './posture-judgement'

const MINUTES_OF_A_DAY = 1_440
/** A static challenge that outlives this is not bounded. */
const STATIC_DAYS = 90

export const ENROLMENT_CHECKS: readonly Check[] = [
  check({
    id: 'issuer-per-group',
    title: 'Every group has its own issuer',
    says: {
      pass: 'Every group has its own issuer',
      attention: 'A group has no issuer',
      open: 'Groups share an issuer',
      none: 'There is no group yet',
    },
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
  }),
  check({
    id: 'static-challenges',
    title: 'No endpoint accepts a static challenge',
    says: {
      pass: 'No endpoint accepts a static challenge',
      attention: 'An endpoint accepts a static challenge, with an end within 90 days',
      open: 'An endpoint accepts a static challenge for more than 90 days',
    },
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
  }),
  check({
    id: 'dynamic-challenges',
    title: 'Dynamic challenges end within a day',
    says: {
      pass: 'Dynamic challenges end within a day',
      attention: 'A challenge waits for longer than a day',
      open: 'An endpoint gives challenges more than a day',
      none: 'No enabled endpoint has dynamic challenges',
    },
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
  }),
  check({
    id: 'weak-algorithms',
    title: "No endpoint accepts single DES or opens messages with its issuer's key",
    says: {
      pass: "No endpoint accepts single DES or opens messages with its issuer's key",
      open: "An endpoint accepts single DES, or opens messages with its issuer's key",
      none: 'No endpoint is enabled',
    },
    why: 'Single DES is searched through in hours, so what a device sends under it, its challenge included, can be read. A CA key that opens messages is asked by strangers; a registration authority is there to be asked instead.',
    fix: 'Switch single DES and the CA identity off on the endpoint, and replace the clients that need them.',
    go: { href: '/endpoints', text: 'Open endpoints' },
    judge({ endpoints }) {
      if (endpoints.length === 0) return none('No endpoint is enabled.')
      const des = endpoints.filter(({ allowDes }) => allowDes)
      const ca = endpoints.filter(({ scepIdentity }) => scepIdentity === 'ca')
      if (des.length + ca.length === 0) return pass(`${counted(endpoints.length, 'enabled endpoint')} looked at.`)
      return open([
        ...des.map(({ slug, name }) => ({ text: `${name} accepts single DES`, href: `/endpoints/${slug}` })),
        ...ca.map(({ slug, name }) => ({
          text: `${name} opens messages with the issuer's key`,
          href: `/endpoints/${slug}`,
        })),
      ])
    },
  }),
  check({
    id: 'apple-attestation',
    title: 'Apple devices prove what they are',
    says: {
      attention: 'Apple devices enrol without proof of what they are',
      none: 'No Apple device enrolled within 30 days',
    },
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
  }),
]
