/** Renewal and queries on Postgres: the same promises as in memory, with real rivals. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { enrolmentPortal } from '@/lib/services/testing/enrolment'
import { actor, deviceActor } from '@/lib/services/testing/harness'
import { queryContract } from '@/lib/services/testing/query-contract'
import { renewalContract } from '@/lib/services/testing/renewal-contract'
import { eventTexts } from './event-texts'
import { postgresEnrolmentBacking } from './testing/postgres-enrolment'

renewalContract('on Postgres', postgresEnrolmentBacking)
queryContract('on Postgres', postgresEnrolmentBacking)

/**
 * The intent of a successor holds the head of the audit chain when Postgres looks for the certificate before it. A second
 * request that waits for the head with that certificate locked must not keep it from that look.
 */
test('while one request to renew a certificate waits for the head of the chain, the intent of another can name it', async () => {
  const backing = await postgresEnrolmentBacking()
  const intent = new pg.Client({ connectionString: backing.url })
  try {
    const portal = await enrolmentPortal(backing)
    const { challenge } = await portal.mint()
    const [der] = (await (await portal.device({ challenge, key: 'ec' })).enrol()).certificates
    if (der === undefined) throw new Error('not enrolled')
    const [held] = await backing.enrolment.renewals.find(portal.group.endpoint.id, parseCertificate(der).serial)
    if (held === undefined) throw new Error('not found')
    const row = await backing.database.enrolmentTransaction.findFirstOrThrow({ where: { certificateId: held.id } })
    const event = {
      type: 'renewal.authorised',
      outcome: 'success',
      actor: deviceActor(),
      object: { type: 'certificate', id: held.id },
    } as const
    const hash = () => new Uint8Array(randomBytes(32))
    await intent.connect()
    await intent.query('begin')
    const { before, after } = eventTexts([{ ...event, actor: actor('admin') }])
    await intent.query('select audit_append_all($1, $2)', [before, after])
    const granting = backing.enrolment.renewals.grant(
      {
        id: crypto.randomUUID(),
        handleHash: hash(),
        endpointId: portal.group.endpoint.id,
        transactionRowId: row.id,
        csrSha256: hash(),
        spkiSha256: hash(),
        by: 'device',
        via: 'renewal',
        ip: null,
        origin: 'renewal',
        subject: held.subject,
        constraints: { v: 1, subject: [], san: [] },
        evidence: {},
        renewsCertificateId: held.id,
      },
      held,
      [event],
    )
    await expect
      .poll(async () => (await backing.database.$queryRaw<unknown[]>`select from pg_locks where not granted`).length)
      .toBeGreaterThan(0)
    const named = await intent.query('select from certificate where id = $1 for key share nowait', [held.id]).then(
      () => true,
      () => false,
    )
    await intent.query('rollback')
    expect(await granting).toMatchObject({ outcome: 'granted' })
    expect(named).toBe(true)
  } finally {
    await intent.end()
    await backing.close()
  }
})
