/** From something that ends to a mailbox: Postgres, the jobs' services and SMTP over TLS, with nothing in between replaced. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MailServerDouble, startMailServer } from '@/e2e/simulators/mail-server'
import { guardedMail } from '@/lib/adapters/net/guarded-mail'
import { mailServerStore } from '@/lib/adapters/store/mail-server'
import { noticeRaisingStore } from '@/lib/adapters/store/notice-raising'
import { recipientStore } from '@/lib/adapters/store/notice-recipients'
import { noticeStore } from '@/lib/adapters/store/notices'
import { type DevicePortal, devicePortal } from '@/lib/adapters/store/testing/device-portal'
import { createMailServer } from '@/lib/services/mail-server'
import { createNoticeDelivery } from '@/lib/services/notice-delivery'
import { createNoticeRaising } from '@/lib/services/notice-raising'
import { createNotices } from '@/lib/services/notices'
import { actor, DAY_MS, NOON } from '@/lib/services/testing/harness'
import { createUrls } from '@/lib/services/urls'

const admin = actor('admin')
let all: DevicePortal
let mailbox: MailServerDouble

beforeAll(async () => {
  all = await devicePortal()
  mailbox = await startMailServer()
})
afterAll(async () => {
  await mailbox?.close()
  await all?.close()
})

test('an issuer that ends in ninety days reaches the mailbox once, also when the server first refuses', async () => {
  const clock = () => all.portal.time.now
  const urls = createUrls({
    publicUrl: new URL('https://portal.example.com'),
    statusUrl: new URL('http://pki.example.com'),
  })
  const rules = [{ host: '127.0.0.0', port: null, prefix: 8, plain: false }]
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
  const mailing = {
    store: mailServerStore(all.database),
    mailer: guardedMail({ name: 'portal.example.com', rules, resolve }),
    signer: all.portal.signer,
    urls,
    clock,
  }
  const notices = createNotices({ store: { ...noticeStore(all.database), ...recipientStore(all.database) }, clock })
  await createMailServer({ ...mailing, limit: async () => {} }).set(admin, {
    host: mailbox.host,
    port: mailbox.port,
    security: 'starttls',
    username: 'latchkey',
    password: 'correct horse',
    fromName: 'Latchkey',
    fromAddress: 'latchkey@example.com',
    privateNetwork: false,
    ca: mailbox.ca,
  })
  await notices.addRecipient(admin, {
    name: 'PKI team',
    address: 'pki@example.com',
    topics: ['authority-expiry'],
    groups: ['staff'],
  })
  const notAfter = new Date(NOON.getTime() + 100 * DAY_MS)
  await all.database.authority.updateMany({ where: { kind: 'issuer' }, data: { notAfter } })
  const run = async () => {
    await createNoticeRaising({ store: noticeRaisingStore(all.database) }).raise(clock())
    await createNoticeDelivery(mailing).advance()
  }

  all.portal.time.now = new Date(NOON.getTime() + 10 * DAY_MS)
  mailbox.script('defer recipient', 'take')
  await run()
  expect(mailbox.received).toEqual([])
  expect((await notices.recipients(admin))[0]).toMatchObject({ waiting: 1, lastError: expect.stringContaining('451') })
  all.later(31)
  await run()
  await run()
  expect(mailbox.received).toMatchObject([{ to: 'pki@example.com', username: 'latchkey', encrypted: true }])
  expect(mailbox.received[0]?.content).toContain('https://portal.example.com/authorities')
  expect((await notices.list(admin, {}, {})).items).toMatchObject([{ delivered: 1, waiting: 0, resolvedAt: null }])
})
