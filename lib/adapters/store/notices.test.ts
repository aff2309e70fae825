/** Each threshold of each thing is told once to whom it concerns, and a mail that could not leave does later. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { MailMessage, MailOutcome, MailServer } from '@/lib/services/mail'
import { createMailServer, type MailServerSettings } from '@/lib/services/mail-server'
import { createNoticeDelivery } from '@/lib/services/notice-delivery'
import { createNoticeRaising } from '@/lib/services/notice-raising'
import { NOTICE_TOPICS, type RecipientSettings } from '@/lib/services/notice-types'
import { createNotices } from '@/lib/services/notices'
import { actor, DAY_MS, NOON } from '@/lib/services/testing/harness'
import { createUrls } from '@/lib/services/urls'
import { mailServerStore } from './mail-server'
import { noticeRaisingStore } from './notice-raising'
import { recipientStore } from './notice-recipients'
import { noticeStore } from './notices'
import { type DevicePortal, devicePortal } from './testing/device-portal'

const admin = actor('admin')
const auditor = actor('auditor')
const urls = createUrls({
  publicUrl: new URL('https://portal.example.com'),
  statusUrl: new URL('http://pki.example.com'),
})
const SERVER: MailServerSettings = {
  host: 'mail.example.com',
  port: 587,
  security: 'starttls',
  username: 'latchkey',
  password: 'correct horse',
  fromName: 'Latchkey',
  fromAddress: 'latchkey@example.com',
  privateNetwork: false,
  ca: null,
}
const ADA: RecipientSettings = { name: 'Ada', address: 'ada@example.com', topics: [...NOTICE_TOPICS], groups: [] }

let all: DevicePortal
let sent: { server: MailServer; message: MailMessage }[]
let outcome: MailOutcome

beforeAll(async () => {
  all = await devicePortal()
})
afterAll(() => all.close())
beforeEach(() => {
  sent = []
  outcome = { sent: true }
  all.portal.time.now = NOON
})
afterEach(async () => {
  const { database } = all
  await database.noticeDelivery.deleteMany({})
  await database.notice.deleteMany({})
  await database.noticeRecipient.updateMany({ where: { removedAt: null }, data: { removedAt: NOON } })
  await database.mailServer.deleteMany({})
  await database.apiKey.updateMany({ data: { revokedAt: NOON } })
  await database.connector.updateMany({ data: { failures: 0, credentialExpiresAt: null } })
})

const clock = () => all.portal.time.now
const at = (days: number) => new Date(NOON.getTime() + days * DAY_MS)
const notices = () => createNotices({ store: { ...noticeStore(all.database), ...recipientStore(all.database) }, clock })
const raise = () => createNoticeRaising({ store: noticeRaisingStore(all.database) }).raise(clock())
const mailing = () => ({
  store: mailServerStore(all.database),
  mailer: {
    async send(server: MailServer, message: MailMessage) {
      sent.push({ server, message })
      return outcome
    },
  },
  signer: all.portal.signer,
  urls,
  clock,
})
const mailServer = () => createMailServer({ ...mailing(), limit: async () => {} })
const deliver = () => createNoticeDelivery(mailing()).advance()
const summaries = async () => (await notices().list(auditor, {}, {})).items.map(({ summary }) => summary)
const standing = async () => (await notices().list(auditor, { standing: true }, {})).items.length
const types = async () => (await all.portal.backing.trail()).map(({ type }) => type)
const apiKey = (name: string, lifeDays: number) =>
  all.database.apiKey.create({
    data: {
      id: crypto.randomUUID(),
      name,
      role: 'auditor',
      keyHash: new Uint8Array(Buffer.from(crypto.randomUUID())),
      hint: 'lk_00000000',
      createdAt: NOON,
      expiresAt: at(lifeDays),
    },
  })

test('a year, half a year, 90, 30 and 7 days before its end something is told once each, and once that it ended', async () => {
  await apiKey('backup', 400)
  const told: number[] = []
  let before = 0
  for (const daysLeft of [399, 365, 364, 181, 180, 90, 89, 31, 30, 7, 6, 1, 0, -1]) {
    all.portal.time.now = at(400 - daysLeft)
    await raise()
    await raise()
    const count = (await summaries()).filter((summary) => summary.startsWith('The API key backup')).length
    if (count > before) told.push(daysLeft)
    before = count
  }
  expect(told).toEqual([365, 180, 90, 30, 7, 0])
})

test('several instances at once tell it once', async () => {
  await apiKey('backup', 400)
  all.portal.time.now = at(399)
  const before = (await types()).filter((type) => type === 'notice.raised').length
  await Promise.all([raise(), raise(), raise()])
  expect((await summaries()).filter((summary) => summary.includes('backup'))).toEqual([
    'The API key backup ends on 28 December 2027, in 1 day.',
  ])
  const raised = (await types()).filter((type) => type === 'notice.raised').length - before
  expect(raised).toBe((await summaries()).length)
})

test('a threshold that is longer than its whole life says nothing, and one that was passed while nobody looked is told once', async () => {
  await apiKey('short', 90)
  await raise()
  expect(await summaries()).toEqual([])
  all.portal.time.now = at(85)
  await raise()
  expect(await summaries()).toEqual(['The API key short ends on 21 February 2027, in 5 days.'])
})

test('authorities, registration authorities, connectors and keys are all watched, and what is replaced stands no more', async () => {
  await all.database.connector.update({ where: { id: all.connector }, data: { credentialExpiresAt: at(20) } })
  await apiKey('script', 60)
  all.portal.time.now = at(15)
  await all.database.registrationAuthority.updateMany({ data: { notAfter: at(40) } })
  await all.database.authority.updateMany({ where: { kind: 'issuer' }, data: { notAfter: at(100) } })
  await raise()
  const { items } = await notices().list(auditor, { standing: true }, {})
  expect(items.map(({ topic }) => topic).sort()).toEqual([
    'authority-expiry',
    'connector-expiry',
    'registration-authority-expiry',
  ])
  expect(items.find(({ topic }) => topic === 'authority-expiry')).toMatchObject({ groupSlug: 'staff', severity: 'low' })
  await all.database.connector.update({ where: { id: all.connector }, data: { credentialExpiresAt: at(400) } })
  await raise()
  expect(await standing()).toBe(2)
  expect((await notices().list(auditor, { standing: false }, {})).items).toMatchObject([{ topic: 'connector-expiry' }])
  await all.database.registrationAuthority.updateMany({ data: { notAfter: at(730) } })
  await all.database.authority.updateMany({ where: { kind: 'issuer' }, data: { notAfter: at(3_650) } })
})

test('failures are told when they reach the threshold, and again only after they had fallen', async () => {
  await notices().changeSettings(admin, {
    enrolmentFailures: { count: 3, minutes: 60 },
    connectorFailures: { count: 2 },
  })
  const endpointId = all.group.endpoint.id
  const fail = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      const id = await all.portal.backing.addTransaction(endpointId, clock())
      await all.database.enrolmentTransaction.update({
        where: { id },
        data: { state: 'refused', reason: 'challenge_unknown' },
      })
    }
  }
  await fail(2)
  await raise()
  expect(await summaries()).toEqual([])
  await fail(1)
  await raise()
  await fail(5)
  await raise()
  expect(await summaries()).toEqual([
    expect.stringMatching(/3 enrolments were refused or failed within 60 minutes\. Most often: challenge unknown\./),
  ])
  all.later(3_700)
  await raise()
  expect(await standing()).toBe(0)
  await fail(3)
  await raise()
  expect(await summaries()).toHaveLength(2)
  all.later(1)
  await all.database.connector.update({
    where: { id: all.connector },
    data: { failures: 2, lastError: 'timeout' },
  })
  await raise()
  expect((await summaries())[0]).toMatch(/The last 2 calls to the connector .* failed\. Last: timeout\./)
})

test('each gets what was chosen for them in one mail, with the page to go to', async () => {
  await mailServer().set(admin, SERVER)
  await notices().addRecipient(admin, ADA)
  await notices().addRecipient(admin, { ...ADA, name: 'Olga', address: 'olga@example.com', groups: ['staff'] })
  await apiKey('one', 60)
  await apiKey('two\nBcc: eve@example.com', 61)
  all.portal.time.now = at(55)
  await raise()
  await deliver()
  await deliver()
  expect(sent.map(({ message }) => message.to.address)).toEqual(['ada@example.com'])
  const { server, message } = sent[0] ?? {}
  expect(server?.credential).toEqual({ username: 'latchkey', password: 'correct horse' })
  expect(message?.subject).toBe('Latchkey: 2 things need attention')
  expect(message?.text).toContain('The API key one ends on')
  expect(message?.text).not.toContain('\nBcc')
  expect(message?.text).toContain('https://portal.example.com/settings/api-keys')
  expect(await notices().deliveries(auditor)).toMatchObject([
    { recipient: 'Ada', attempts: 1, deliveredAt: at(55) },
    { recipient: 'Ada', attempts: 1, deliveredAt: at(55) },
  ])
})

test('who is added later is told what stands, and nothing that is over', async () => {
  await mailServer().set(admin, SERVER)
  await apiKey('standing', 60)
  const { id } = await apiKey('over', 61)
  all.portal.time.now = at(55)
  await raise()
  await all.database.apiKey.update({ where: { id }, data: { revokedAt: clock() } })
  await raise()
  await notices().addRecipient(admin, ADA)
  await deliver()
  expect(sent).toHaveLength(1)
  expect(sent[0]?.message.subject).toContain('The API key standing')
})

test('a mail that could not leave is tried again with the same id, at once when the server is set right, and given up in the end', async () => {
  await mailServer().set(admin, SERVER)
  const { id } = await notices().addRecipient(admin, ADA)
  await apiKey('key', 60)
  all.portal.time.now = at(55)
  await raise()
  outcome = { sent: false, fault: 'connect_failed', detail: 'Cannot connect.', status: null, final: false }
  await deliver()
  await deliver()
  expect(sent).toHaveLength(1)
  expect(await mailServer().get(auditor)).toMatchObject({ lastError: 'Cannot connect.', hasPassword: true })
  all.later(1)
  await mailServer().set(admin, { ...SERVER, host: 'other.example.com' })
  await deliver()
  expect(sent[1]?.server.host).toBe('other.example.com')
  expect(sent[1]?.message.messageId).toBe(sent[0]?.message.messageId)
  for (let attempt = 0; attempt < 9; attempt += 1) {
    all.later(86_401)
    await deliver()
  }
  expect(sent).toHaveLength(9)
  expect(await notices().recipients(auditor)).toMatchObject([{ id, waiting: 0, lastError: 'Cannot connect.' }])
  expect((await types()).filter((type) => type === 'notice.failed')).toHaveLength(1)
})

test('a mailbox that does not exist is given up at once and keeps nothing from the others', async () => {
  await mailServer().set(admin, SERVER)
  await notices().addRecipient(admin, ADA)
  await notices().addRecipient(admin, { ...ADA, name: 'Olga', address: 'olga@example.com' })
  await apiKey('key', 60)
  all.portal.time.now = at(55)
  await raise()
  outcome = { sent: false, fault: 'recipient_refused', detail: 'It refused the recipient.', status: 550, final: true }
  await deliver()
  expect(sent.map(({ message }) => message.to.address).sort()).toEqual(['ada@example.com', 'olga@example.com'])
  expect((await notices().deliveries(auditor)).every(({ givenUpAt }) => givenUpAt !== null)).toBe(true)
})

test('without a mail server notices wait, and what was over for a week is given up', async () => {
  await notices().addRecipient(admin, ADA)
  const { id } = await apiKey('key', 60)
  all.portal.time.now = at(55)
  await raise()
  await all.database.apiKey.update({ where: { id }, data: { revokedAt: clock() } })
  await raise()
  const forget = () => createNoticeRaising({ store: noticeRaisingStore(all.database) }).forget(clock())
  await deliver()
  all.portal.time.now = at(61)
  await forget()
  expect((await notices().recipients(auditor))[0]).toMatchObject({ waiting: 1 })
  all.portal.time.now = at(63)
  await forget()
  expect(await notices().deliveries(auditor)).toMatchObject([{ lastError: 'It was over before it could leave.' }])
  all.portal.time.now = at(160)
  await forget()
  expect([sent, await notices().deliveries(auditor)]).toEqual([[], []])
  expect(await summaries()).toHaveLength(1)
})

test('while somebody is paused notices wait, and who is removed gets none', async () => {
  await mailServer().set(admin, SERVER)
  const { id } = await notices().addRecipient(admin, ADA)
  await notices().changeRecipient(admin, id, { paused: true })
  await apiKey('key', 60)
  all.portal.time.now = at(55)
  await raise()
  await deliver()
  expect(sent).toEqual([])
  expect((await notices().recipients(auditor))[0]).toMatchObject({ waiting: 1 })
  await notices().changeRecipient(admin, id, { paused: false })
  await notices().removeRecipient(admin, id)
  await deliver()
  expect([sent, await notices().recipients(auditor)]).toEqual([[], []])
})

test('the password is sealed, kept on a change, and entered again where it would go elsewhere', async () => {
  await mailServer().set(admin, SERVER)
  const row = await all.database.mailServer.findFirstOrThrow()
  expect(Buffer.from(row.passwordSealed ?? []).toString('latin1')).not.toContain('correct horse')
  const { password: _, ...rest } = SERVER
  expect(await mailServer().set(admin, { ...rest, fromName: 'PKI' })).toMatchObject({
    fromName: 'PKI',
    hasPassword: true,
  })
  for (const elsewhere of [{ host: 'evil.example.com' }, { port: 25 }, { username: 'other' }, { privateNetwork: true }])
    await expect(mailServer().set(admin, { ...rest, ...elsewhere })).rejects.toMatchObject({
      fields: { password: expect.any(String) },
    })
  expect(await mailServer().set(admin, { ...rest, username: null })).toMatchObject({ hasPassword: false })
  expect(JSON.stringify(await mailServer().get(auditor))).not.toContain('correct')
})

test('a test says what the server said, and stands in the history', async () => {
  await expect(mailServer().test(admin, 'ada@example.com')).rejects.toMatchObject({ code: 'not_found' })
  await mailServer().set(admin, SERVER)
  expect(await mailServer().test(admin, 'ada@example.com')).toMatchObject({ works: true })
  outcome = { sent: false, fault: 'sign_in_refused', detail: 'It refused the password.', status: 535, final: false }
  expect(await mailServer().test(admin, 'ada@example.com')).toEqual({
    works: false,
    sentence: 'It refused the password.',
  })
  const deliveries = await notices().deliveries(auditor)
  expect(deliveries.map(({ summary, address }) => [summary, address])).toEqual([
    [null, 'ada@example.com'],
    [null, 'ada@example.com'],
  ])
  expect((await types()).filter((type) => type === 'mail_server.tested')).toHaveLength(2)
  await mailServer().remove(admin)
  expect(await mailServer().get(auditor)).toBeNull()
})

test.each([
  ['an address that is two', { address: 'ada@example.com, eve@example.com' }, 'address'],
  ['a header in the address', { address: 'ada@example.com\r\nBcc: eve@example.com' }, 'address'],
  ['no topic', { topics: [] }, 'topics'],
  ['no name', { name: ' ' }, 'name'],
  ['a group that is none', { groups: ['../x'] }, 'groups'],
  ['a group that does not exist', { groups: ['staf'] }, 'groups'],
])('a recipient with %s is refused', async (_, change, field) => {
  await expect(notices().addRecipient(admin, { ...ADA, ...change })).rejects.toMatchObject({
    code: 'invalid_input',
    fields: { [field]: expect.any(String) },
  })
})

test('an address gets notices once, and only administrators say so', async () => {
  await notices().addRecipient(admin, ADA)
  await expect(notices().addRecipient(admin, { ...ADA, address: 'ADA@example.com' })).rejects.toMatchObject({
    code: 'conflict',
  })
  const { id } = await notices().addRecipient(admin, { ...ADA, address: 'olga@example.com' })
  await expect(notices().changeRecipient(admin, id, { address: 'ada@example.com' })).rejects.toMatchObject({
    code: 'conflict',
  })
  for (const who of [auditor, actor('operator')]) {
    await expect(notices().addRecipient(who, ADA)).rejects.toMatchObject({ code: 'forbidden' })
    await expect(mailServer().set(who, SERVER)).rejects.toMatchObject({ code: 'forbidden' })
    await expect(mailServer().test(who, 'ada@example.com')).rejects.toMatchObject({ code: 'forbidden' })
    await expect(notices().changeSettings(who, {})).rejects.toMatchObject({ code: 'forbidden' })
  }
  await expect(notices().list(actor('operator'), {}, {})).rejects.toMatchObject({ code: 'forbidden' })
  await expect(notices().changeSettings(admin, { thresholds: { 'api-key-expiry': [0.5] } })).rejects.toMatchObject({
    fields: { 'api-key-expiry': expect.any(String) },
  })
})
