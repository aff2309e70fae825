/** What the posture asks of connected systems, of what is published, and of what will end. */
import { attention, type Check, check, counted, day, daysUntil, moment, none, open, pass } from './posture-judgement'

/** An issuer must outlive what it issues; everything else is replaced at short notice. */
const EXPIRY_DAYS = { root: 365, issuer: 365, short: 30 }
/** Jobs make its list and responder within seconds; its certificate is dated back by an hour. */
const BEING_MADE_MS = 65 * 60_000
const LATE_MS = 15 * 60_000

export const UPKEEP_CHECKS: readonly Check[] = [
  check({
    id: 'outside-record',
    title: 'Another system hears what happens, without lag',
    says: {
      pass: 'Another system hears what happens, without lag',
      attention: 'What another system hears comes late',
      open: 'No other system hears what happens',
    },
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
  }),
  check({
    id: 'revocation-follows-mdm',
    title: 'Revocation follows the MDM in every group whose devices it knows',
    says: {
      pass: 'Revocation follows the MDM in every group whose devices it knows',
      attention: 'Revocation follows the MDM in some groups only',
      open: 'Revocation follows the MDM in no group',
      none: 'No MDM tells of the devices of any group',
    },
    why: 'A device that was lost, wiped or let go keeps its key. Unless its certificate ends with it, whoever finds it is on your network.',
    fix: 'Let the rules of the group hold or revoke when the MDM says that a device is gone; look at their dry run first.',
    go: { href: '/devices', text: 'Open devices' },
    judge({ groups, following }) {
      if (following.length === 0) return none('No connected MDM tells of the devices of any group.')
      const wanting = following.filter(({ follows }) => !follows)
      const known = `${following.length} of ${counted(groups.length, 'group')} ${following.length === 1 ? 'has' : 'have'} devices that an MDM knows`
      if (wanting.length === 0) return pass(`${known}: there the rules hold or revoke.`)
      const evidence = [
        { text: `${known}. The rules hold or revoke in ${following.length - wanting.length} of them.` },
        ...wanting.map(({ slug, name }) => ({
          text: `${name}: its rules only report`,
          href: `/groups/${slug}/device-rules`,
        })),
      ]
      return wanting.length < following.length ? attention(evidence) : open(evidence)
    },
  }),
  check({
    id: 'connectors-answer',
    title: 'Connected systems answer',
    says: {
      pass: 'Connected systems answer',
      attention: 'A connected system did not answer the last time',
      open: 'A connected system does not answer, again and again',
      none: 'No MDM is connected',
    },
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
  }),
  check({
    id: 'status-fresh',
    title: 'Revocation lists and OCSP are fresh',
    says: {
      pass: 'Revocation lists and OCSP are fresh',
      open: 'A revocation list or an OCSP responder is missing or out of date',
      none: 'There is no authority yet that is older than an hour',
    },
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
  }),
  check({
    id: 'expiry-ahead',
    title: 'Nothing that everything rests on is about to expire',
    says: {
      pass: 'Nothing that everything rests on is about to expire',
      attention: 'Something that everything rests on is about to expire',
      open: 'Something that everything rests on has expired',
      none: 'There is nothing yet that could expire',
    },
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
  }),
]
