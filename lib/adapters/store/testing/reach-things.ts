/** One of everything that belongs to a group, so that a test can look for it from the outside. Whatever it is called names the group. */
import { randomBytes } from 'node:crypto'
import type { Actor } from '@/lib/services/actor'
import type { BulkRevocationsService } from '@/lib/services/bulk-revocation-types'
import { keyOfDevice } from '@/lib/services/devices'
import { type Installation, newDevice } from '@/lib/services/testing/harness'
import type { Database } from '../database'

export interface Things {
  group: string
  endpoint: string
  issuer: string
  subject: string
  certificate: { id: string; serial: string }
  challenge: string
  alarm: string
  /** A refused enrolment. */
  transaction: string
  approval: string
  device: string
  /** Of the name in its certificates. */
  deviceKey: string
  bulk: string
}

const DAY_MS = 86_400_000

export async function thingsOf(
  name: string,
  reason: string,
  {
    portal,
    database,
    bulk,
    admin,
  }: { portal: Installation; database: Database; bulk: BulkRevocationsService; admin: Actor },
): Promise<Things> {
  const now = portal.time.now
  const { slug, issuer, endpoint } = await portal.createGroup(name)
  const issued = await portal.enrol(endpoint.id, newDevice(`${slug}-tablet`))
  await portal.backing.setNotBefore(issued.id, new Date(now.getTime() - 300 * DAY_MS))
  await portal.backing.setNotAfter(issued.id, new Date(now.getTime() + 5 * DAY_MS))
  const { serial, subject, notAfter } = await database.certificate.findUniqueOrThrow({ where: { id: issued.id } })

  const device = crypto.randomUUID()
  await database.device.create({ data: { id: device, name: `${slug}-pad`, serial: `${slug}-serial` } })
  await database.deviceCertificate.create({
    data: { certificateId: issued.id, deviceId: device, how: 'challenge' },
  })
  const [challenge, alarm] = [crypto.randomUUID(), crypto.randomUUID()]
  await database.challenge.create({
    data: {
      id: challenge,
      endpointId: endpoint.id,
      handleHash: hash(),
      expiresAt: new Date(now.getTime() + DAY_MS),
      constraints: { v: 1, subject: [], san: [] },
      subject: `CN=${slug}-phone`,
      mintedBy: `${slug}-script`,
      mintedVia: 'api',
      deviceId: device,
    },
  })
  await database.challengeAlarm.create({
    data: { id: alarm, challengeId: challenge, spkiSha256: hash(), subject: `CN=${slug}-thief` },
  })
  const transaction = await addTransaction(database, endpoint.id, {
    state: 'refused',
    reason,
    client: `${slug}-client`,
    subject: `CN=${slug}-stranger`,
  })
  const approval = await addTransaction(database, endpoint.id, { state: 'pending', subject: `CN=${slug}-visitor` })
  await database.approvalRequest.create({
    data: {
      enrolmentTransactionId: approval,
      endpointId: endpoint.id,
      spki: new Uint8Array(newDevice(`${slug}-visitor`).spki),
      subjectDer: new Uint8Array([0x30, 0]),
      sans: [],
      requested: {
        ...{
          signatureAlgorithm: '1.2.840.10045.4.3.2',
          keyUsage: [],
          extendedKeyUsage: [],
          extensions: [],
          dropped: [],
        },
        ...{ wrongChallenge: false, key: 'P-256' },
      },
      expiresAt: new Date(now.getTime() + DAY_MS),
    },
  })
  await database.networkSighting.create({
    data: {
      certificateId: issued.id,
      accepted: 1n,
      firstAcceptedAt: now,
      lastAcceptedAt: now,
      station: `${slug}-station`,
    },
  })
  await database.overdueRenewal.create({ data: { certificateId: issued.id, foundAt: now, notAfter } })
  const { id } = await bulk.confirm(admin, {
    selection: { filter: { group: slug } },
    action: 'hold',
    startsAt: new Date(now.getTime() + 7 * DAY_MS),
    expect: 1,
    confirmation: null,
  })
  return {
    ...{
      group: slug,
      endpoint: endpoint.slug,
      issuer: issuer.slug,
      subject,
      challenge,
      alarm,
      transaction,
      approval,
      device,
    },
    certificate: { id: issued.id, serial },
    deviceKey: keyOfDevice(subject),
    bulk: id,
  }
}

async function addTransaction(
  database: Database,
  endpointId: string,
  more: { state: 'refused' | 'pending'; subject: string; reason?: string; client?: string },
): Promise<string> {
  const id = crypto.randomUUID()
  await database.enrolmentTransaction.create({
    data: {
      ...{ id, endpointId, transactionId: hash(), messageType: 19, csrSha256: hash(), spkiSha256: hash(), ...more },
      ...{ signerSpkiSha256: hash(), sourceIp: '192.0.2.9', userAgent: 'device' },
    },
  })
  return id
}

function hash(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(randomBytes(32))
}
