/** What the posture asks of safekeeping, of access to the portal, and of who hears of trouble. */
import { aged, attention, type Check, check, counted, day, daysSince, none, open, pass } from './posture-judgement'
import { isThisMachine } from './urls'

const KEK_DAYS = 365
const BACKUP_DAYS = { good: 2, bad: 7 }
const VERIFIED_DAYS = 31

export const SAFETY_CHECKS: readonly Check[] = [
  check({
    id: 'kek-backup',
    title: 'The key-encryption key is kept elsewhere too',
    says: {
      pass: 'A copy of the key-encryption key is on record',
      attention: 'The copy of the key-encryption key was confirmed more than a year ago',
      open: 'No copy of the key-encryption key in use is on record',
    },
    why: 'Every CA key is encrypted under it. Without it a restored database is a box that nobody can open, and every group starts again.',
    fix: 'Put a copy of the KEK where the database backups are not, and say so here. The command “latchkey kek check FILE” proves that the copy is the right one.',
    go: { href: '/posture#safekeeping', text: 'Confirm the copy' },
    judge: ({ kekId, kekCopy: kept }, now) => {
      if (kept === null) return open([{ text: 'Nobody has said that there is a copy.' }])
      if (kekId !== null && kept.kekId !== null && kept.kekId !== kekId)
        return open([{ text: `The copy of ${day(kept.at)} is of another KEK.` }])
      return aged(kept, kept.proved ? 'proved' : 'said', now, KEK_DAYS, null)
    },
  }),
  check({
    id: 'database-backup',
    title: 'The database is backed up',
    says: {
      pass: 'The database was backed up within two days',
      attention: 'The last backup on record is older than two days',
      open: 'No backup of the last seven days is on record',
    },
    why: 'It holds every certificate, every revocation and the audit trail. What is not backed up is lost with the disk, and with it the power to revoke.',
    fix: 'Back up Postgres daily, and let the script say so by the command “latchkey backup record --note WHERE”.',
    go: { href: '/posture#safekeeping', text: 'Confirm a backup' },
    judge: ({ backup }, now) => {
      if (backup === null) return open([{ text: 'No backup was ever reported.' }])
      return aged(backup, 'said', now, BACKUP_DAYS.good, BACKUP_DAYS.bad)
    },
  }),
  check({
    id: 'second-factor',
    title: 'Every administrator has a second factor',
    says: {
      open: 'Administrators sign in without a second factor',
      none: 'There is no administrator',
    },
    why: 'An administrator can revoke everything and let anyone in. A password alone is one phished page away from somebody else.',
    fix: 'Latchkey does not ask for a second factor yet: let administrators reach it only through a network or proxy that does, and accept this risk with an end date.',
    go: { href: '/settings/people', text: 'Open people' },
    judge: ({ administrators }) =>
      administrators === 0
        ? none('There is no administrator.')
        : open([
            { text: `${counted(administrators, 'administrator')} with a password alone`, href: '/settings/people' },
          ]),
  }),
  check({
    id: 'transport',
    title: 'The portal is reached over TLS',
    says: {
      pass: 'The portal is reached over TLS',
      attention: 'The portal is reached on this machine alone, without TLS',
      open: 'The portal is reached over plain HTTP',
    },
    why: 'Over plain HTTP everybody on the way reads passwords and sessions. Devices protect what they send by SCEP itself; people do not.',
    fix: 'Put a proxy with TLS in front, and set PUBLIC_URL to its https address.',
    go: { href: '/help/configuration', text: 'Read how' },
    judge(_facts, _now, { publicUrl }) {
      if (publicUrl.protocol === 'https:') return pass(`People come by ${publicUrl.origin}.`)
      return isThisMachine(publicUrl)
        ? attention([{ text: `${publicUrl.origin} is this machine alone.` }])
        : open([{ text: `People come by ${publicUrl.origin}.` }])
    },
  }),
  check({
    id: 'audit-verified',
    title: 'The audit trail was verified within a month',
    says: {
      pass: 'The audit trail was verified within a month',
      attention: 'The audit trail was not verified within a month',
      open: 'The audit trail did not hold when it was last verified',
    },
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
  }),
  check({
    id: 'notices-heard',
    title: 'Somebody is told of trouble',
    says: {
      pass: 'Somebody is told of trouble',
      attention: 'Notices have recipients, but no mail server that sends them',
      open: 'Nobody is told of trouble',
    },
    why: 'An authority or a credential that ends stops enrolment for everybody at once. Whoever does not look at the portal that week hears of it from those who cannot get in.',
    fix: 'Add a recipient of notices and the mail server that sends them, or an event webhook.',
    go: { href: '/settings/notifications', text: 'Open notifications' },
    judge({ recipients, mailServer, webhooks }) {
      const running = webhooks.filter(({ paused }) => !paused).length
      const href = '/settings/notifications'
      const mailed =
        recipients > 0 && mailServer ? [{ text: `${counted(recipients, 'recipient')} by e-mail`, href }] : []
      const sent = running > 0 ? [{ text: counted(running, 'event webhook'), href: '/connectors' }] : []
      if (mailed.length + sent.length > 0) return pass(...mailed, ...sent)
      return recipients > 0
        ? attention([{ text: `${counted(recipients, 'recipient')}, and no mail server`, href }])
        : open([{ text: 'There is no recipient of notices, and no event webhook that is on.', href }])
    },
  }),
  check({
    id: 'addresses-reachable',
    title: 'Addresses in certificates can be reached',
    says: {
      pass: 'Addresses in certificates name a machine that others can reach',
      attention: 'Addresses in certificates lead nowhere from another machine',
    },
    why: 'Each certificate names where its revocation list, its issuer and OCSP are found. What it names stays in it until it ends, so a certificate issued now keeps an address that nobody can reach.',
    fix: 'Set PUBLIC_URL, or STATUS_URL if they differ, to a name that RADIUS servers and other relying parties know, before devices enrol.',
    go: { href: '/help/configuration', text: 'Read how' },
    judge: (_facts, _now, { statusUrl }) =>
      isThisMachine(statusUrl)
        ? attention([{ text: `${statusUrl.origin} is this machine alone.` }])
        : pass(`They begin with ${statusUrl.origin}.`),
  }),
]
