/** Each check passes, wants attention, is open, or has nothing to judge, by what the installation is. */
import { expect, test } from 'vitest'
import { findingOf, judged, scoreOf } from './posture-checks'
import { POSTURE_CHECKS, type PostureCheckId, type PostureFacts, type PostureVerdict } from './posture-types'
import { createUrls } from './urls'

const NOW = new Date('2026-11-23T12:00:00Z')
const days = (count: number) => new Date(NOW.getTime() + count * 86_400_000)
const urlsOf = (publicUrl: string, statusUrl = 'http://pki.example.com') =>
  createUrls({ publicUrl: new URL(publicUrl), statusUrl: new URL(statusUrl) })
const HTTPS = urlsOf('https://pki.example.com')

const EMPTY: PostureFacts = {
  groups: [],
  sharedIssuers: [],
  staticSecrets: [],
  endpoints: [],
  longChallenges: 0,
  appleEnrolments: 0,
  webhooks: [],
  recipients: 0,
  mailServer: false,
  following: [],
  connectors: [],
  authorities: [],
  registrationAuthorities: [],
  credentials: [],
  apiKeys: [],
  administrators: 1,
  auditVerified: null,
  kekId: 'aa',
  kekCopy: null,
  backup: null,
}
const endpoint = {
  slug: 'staff',
  name: 'Staff',
  policy: 'dynamic',
  challengeTtlMinutes: 60,
  allowDes: false,
  scepIdentity: 'ra',
}
const secret = { endpoint: 'printers', name: 'Printers', maxUses: 10, perHour: 2 }
const webhook = { id: 'w', name: 'SIEM', paused: false, waitingSince: null, events: 3 }
const root = {
  slug: 'root',
  name: 'Root',
  kind: 'root' as const,
  notBefore: days(-100),
  notAfter: days(3_000),
  keyHere: true,
  crlNextUpdate: days(5),
  ocspNotAfter: days(20),
}
const kept = { at: days(-30), by: 'Ada', place: 'safe', proved: true, kekId: 'aa' }
const following = (slug: string, follows: boolean) => ({ slug, name: slug, follows })
const connector = { slug: 'jamf', name: 'Jamf', failures: 0, lastError: null }

test.each<[PostureCheckId, string, Partial<PostureFacts>, PostureVerdict]>([
  ['issuer-per-group', 'no group', {}, 'none'],
  ['issuer-per-group', 'one each', { groups: [{ slug: 'a', name: 'A', issuers: ['a'] }] }, 'pass'],
  ['issuer-per-group', 'a group without', { groups: [{ slug: 'a', name: 'A', issuers: [] }] }, 'attention'],
  [
    'issuer-per-group',
    'one for two',
    { groups: [{ slug: 'a', name: 'A', issuers: ['a'] }], sharedIssuers: ['a'] },
    'open',
  ],
  ['static-challenges', 'none', {}, 'pass'],
  ['static-challenges', 'bounded', { staticSecrets: [{ ...secret, expiresAt: days(30) }] }, 'attention'],
  ['static-challenges', 'for a year', { staticSecrets: [{ ...secret, expiresAt: days(300) }] }, 'open'],
  ['dynamic-challenges', 'no such endpoint', { endpoints: [{ ...endpoint, policy: 'delegated' }] }, 'none'],
  ['dynamic-challenges', 'an hour', { endpoints: [endpoint] }, 'pass'],
  ['dynamic-challenges', 'long ones wait', { endpoints: [endpoint], longChallenges: 1 }, 'attention'],
  ['dynamic-challenges', 'two days', { endpoints: [{ ...endpoint, challengeTtlMinutes: 2_880 }] }, 'open'],
  ['weak-algorithms', 'none', { endpoints: [endpoint] }, 'pass'],
  ['weak-algorithms', 'single DES', { endpoints: [{ ...endpoint, allowDes: true }] }, 'open'],
  ['weak-algorithms', 'the CA opens', { endpoints: [{ ...endpoint, scepIdentity: 'ca' }] }, 'open'],
  ['apple-attestation', 'no Apple', {}, 'none'],
  ['apple-attestation', 'by SCEP', { appleEnrolments: 1 }, 'attention'],
  ['outside-record', 'nobody hears', {}, 'open'],
  ['outside-record', 'paused', { webhooks: [{ ...webhook, paused: true }] }, 'open'],
  ['outside-record', 'on time', { webhooks: [webhook] }, 'pass'],
  ['outside-record', 'lags', { webhooks: [{ ...webhook, waitingSince: days(-1) }] }, 'attention'],
  ['revocation-follows-mdm', 'no MDM', {}, 'none'],
  ['revocation-follows-mdm', 'follows', { following: [{ slug: 'a', name: 'A', follows: true }] }, 'pass'],
  ['revocation-follows-mdm', 'reports', { following: [{ slug: 'a', name: 'A', follows: false }] }, 'open'],
  [
    'revocation-follows-mdm',
    'in one of two',
    { following: [following('a', true), following('b', false)] },
    'attention',
  ],
  ['connectors-answer', 'none', {}, 'none'],
  ['connectors-answer', 'works', { connectors: [connector] }, 'pass'],
  ['connectors-answer', 'once', { connectors: [{ ...connector, failures: 1, lastError: 'timed out' }] }, 'attention'],
  ['connectors-answer', 'again and again', { connectors: [{ ...connector, failures: 3 }] }, 'open'],
  ['status-fresh', 'too young', { authorities: [{ ...root, notBefore: NOW, crlNextUpdate: null }] }, 'none'],
  ['status-fresh', 'fresh', { authorities: [root] }, 'pass'],
  ['status-fresh', 'a stale list', { authorities: [{ ...root, crlNextUpdate: days(-1) }] }, 'open'],
  ['status-fresh', 'no responder', { authorities: [{ ...root, ocspNotAfter: null }] }, 'open'],
  ['status-fresh', 'its key elsewhere', { authorities: [{ ...root, keyHere: false, ocspNotAfter: null }] }, 'pass'],
  ['expiry-ahead', 'far', { authorities: [root] }, 'pass'],
  ['expiry-ahead', 'an issuer within a year', { authorities: [{ ...root, notAfter: days(300) }] }, 'attention'],
  ['expiry-ahead', 'a credential that ended', { credentials: [{ slug: 'j', name: 'J', expiresAt: days(-1) }] }, 'open'],
  ['kek-backup', 'nobody said', {}, 'open'],
  ['kek-backup', 'said', { kekCopy: kept }, 'pass'],
  ['kek-backup', 'of another KEK', { kekCopy: { ...kept, kekId: 'bb' } }, 'open'],
  ['kek-backup', 'long ago', { kekCopy: { ...kept, at: days(-400) } }, 'attention'],
  ['database-backup', 'yesterday', { backup: { ...kept, at: days(-1) } }, 'pass'],
  ['database-backup', 'three days', { backup: { ...kept, at: days(-3) } }, 'attention'],
  ['database-backup', 'weeks', { backup: { ...kept, at: days(-20) } }, 'open'],
  ['second-factor', 'none has one', {}, 'open'],
  ['audit-verified', 'never', {}, 'attention'],
  ['audit-verified', 'yesterday', { auditVerified: { at: days(-1), good: true } }, 'pass'],
  ['audit-verified', 'long ago', { auditVerified: { at: days(-40), good: true } }, 'attention'],
  ['notices-heard', 'nobody', {}, 'open'],
  ['notices-heard', 'no mail server', { recipients: 1 }, 'attention'],
  ['notices-heard', 'by e-mail', { recipients: 1, mailServer: true }, 'pass'],
  ['notices-heard', 'a paused webhook', { webhooks: [{ ...webhook, paused: true }] }, 'open'],
  ['notices-heard', 'a webhook', { webhooks: [webhook] }, 'pass'],
  ['audit-verified', 'broken', { auditVerified: { at: days(-1), good: false } }, 'open'],
])('%s, %s', (id, _, facts, verdict) => {
  const check = judged({ ...EMPTY, ...facts }, NOW, HTTPS).find((each) => each.id === id)
  expect(check?.verdict).toBe(verdict)
  expect(check?.evidence.length).toBeGreaterThan(0)
  expect(check?.finding).toBe(findingOf(id, verdict))
})

test.each([
  ['https://pki.example.com', 'pass'],
  ['http://localhost:3000', 'attention'],
  ['http://pki.example.com', 'open'],
])('people who come by %s', (url, verdict) => {
  expect(judged(EMPTY, NOW, urlsOf(url)).find(({ id }) => id === 'transport')?.verdict).toBe(verdict)
})

test.each([
  ['http://pki.example.com', 'pass'],
  ['http://localhost:3000', 'attention'],
  ['http://127.0.0.1', 'attention'],
])('certificates that name %s', (url, verdict) => {
  const checks = judged(EMPTY, NOW, urlsOf('https://pki.example.com', url))
  expect(checks.find(({ id }) => id === 'addresses-reachable')?.verdict).toBe(verdict)
})

test('revocation by the MDM says for how many groups it holds', () => {
  const groups = ['a', 'b', 'c', 'd', 'e'].map((slug) => ({ slug, name: slug, issuers: [slug] }))
  const of = (...follows: boolean[]) =>
    judged({ ...EMPTY, groups, following: follows.map((each, n) => following('abcde'[n] ?? '', each)) }, NOW, HTTPS)
      .find(({ id }) => id === 'revocation-follows-mdm')
      ?.evidence.map(({ text }) => text)
  expect(of(true)).toEqual(['1 of 5 groups has devices that an MDM knows: there the rules hold or revoke.'])
  expect(of(true, false)).toEqual([
    '2 of 5 groups have devices that an MDM knows. The rules hold or revoke in 1 of them.',
    'b: its rules only report',
  ])
})

test('what a check says when it fails is never what it says when it passes', () => {
  for (const { id, title } of judged(EMPTY, NOW, HTTPS))
    for (const verdict of ['open', 'attention'] as const)
      for (const wish of [title, findingOf(id, 'pass')]) expect(findingOf(id, verdict) ?? '').not.toBe(wish)
  expect(findingOf('database-backup', 'open')).toBe('No backup of the last seven days is on record')
})

test('every check is there once, with two sentences of why', () => {
  const checks = judged(EMPTY, NOW, HTTPS)
  expect(checks.map(({ id }) => id)).toEqual([...POSTURE_CHECKS])
  for (const { why } of checks) expect(why.match(/[.](\s|$)/g)).toHaveLength(2)
})

test('long evidence is cut, and says how much is left', () => {
  const staticSecrets = Array.from({ length: 20 }, (_, n) => ({ ...secret, name: `P${n}`, expiresAt: days(30) }))
  const check = judged({ ...EMPTY, staticSecrets }, NOW, HTTPS).find(({ id }) => id === 'static-challenges')
  expect(check?.evidence).toHaveLength(9)
  expect(check?.evidence.at(-1)?.text).toBe('And 12 more.')
})

test('the score counts what passes in full, attention half, and leaves out what there is nothing to judge', () => {
  const of = (...verdicts: PostureVerdict[]) => scoreOf(verdicts.map((verdict) => ({ verdict })))
  expect(of('pass', 'open')).toBe(50)
  expect(of('pass', 'attention', 'none')).toBe(75)
  expect(of('none')).toBe(100)
})
