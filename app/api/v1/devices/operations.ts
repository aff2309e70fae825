/** Devices: those that MDMs know, and names that belong to none of them. */
import { z } from 'zod'
import { instant, pageOf, paging, slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { Certificate, certificateExample } from '@/app/api/v1/certificates/operations'
import { Challenge } from '@/app/api/v1/challenges/operations'
import { Transaction } from '@/app/api/v1/transactions/operations'
import type { DeviceTrigger } from '@/lib/services/device-types'
import { DEVICE_STATES } from '@/lib/services/mdm-devices'

/** A subject of a thousand characters, four octets each, in base64url. */
const LONGEST_KEY = 5_400
const LONGEST_CURSOR = 6_000
const KEY = 'Names the device in URLs: its id, or base64url of its subject in UTF-8 where no MDM knows it.'

export const DEVICE_TRIGGERS = [
  'removed',
  'wiped',
  'unmanaged',
  'noncompliant',
  'user_disabled',
  'not_entitled',
] as const satisfies readonly DeviceTrigger[]

const MdmDevice = z
  .object({
    id: z.string(),
    connector: z.object({ slug: z.string(), name: z.string() }).nullable(),
    externalId: z.string().nullable().meta({ description: 'Its id in the MDM.' }),
    serial: z.string().nullable().meta({ description: 'In upper case.' }),
    udid: z.string().nullable(),
    name: z.string().nullable(),
    platform: z.string().nullable(),
    model: z.string().nullable(),
    osVersion: z.string().nullable(),
    userName: z.string().nullable(),
    userEmail: z.string().nullable(),
    management: z.enum(['managed', 'unmanaged', 'removed', 'wiped', 'unknown']),
    compliance: z.enum(['compliant', 'noncompliant', 'unknown']),
    userDisabled: z.boolean(),
    entitled: z.boolean().nullable().meta({ description: 'Null where no smart group was chosen.' }),
    firstKnownAt: instant,
    lastSeenAt: instant.nullable(),
  })
  .meta({ id: 'MdmDevice', description: 'What its MDM says.' })

const Device = z
  .object({
    key: z.string().meta({ description: KEY }),
    name: z.string(),
    subject: z.string().nullable().meta({ description: 'Of its newest certificate.' }),
    mdm: MdmDevice.nullable().meta({ description: 'Null for a name that belongs to no device of an MDM.' }),
    certificates: z.number().int().meta({ description: 'How many were issued.' }),
    status: Certificate.shape.status
      .nullable()
      .meta({ description: 'Of the newest certificate; null before there is one.' }),
    notAfter: instant.nullable(),
  })
  .meta({ id: 'Device' })

const DeviceEvent = z
  .object({
    id: z.string(),
    at: instant,
    kind: z.string(),
    source: z.enum(['sync', 'event', 'challenge', 'person']),
    facts: z.record(z.string(), z.json()),
    sentence: z.string(),
  })
  .meta({ id: 'DeviceEvent' })

const DeviceAction = z
  .object({
    id: z.string(),
    trigger: z.enum(DEVICE_TRIGGERS),
    action: z.enum(['hold', 'revoke', 'release']),
    state: z.enum(['waiting', 'braked', 'done', 'cancelled']),
    createdAt: instant,
    doneAt: instant.nullable(),
    decidedBy: z.string().nullable().meta({ description: 'Who decided about it, behind the brake.' }),
    certificates: z.number().int().nullable(),
  })
  .meta({ id: 'DeviceAction' })

const DeviceDetail = z
  .object({
    key: z.string().meta({ description: KEY }),
    name: z.string(),
    subject: z.string().nullable(),
    mdm: MdmDevice.nullable(),
    effective: z.object({
      verdict: z.enum(['trusted', 'attention', 'held', 'ended', 'none']),
      sentence: z.string(),
    }),
    knownAs: z
      .array(z.object({ key: z.string(), name: z.string() }))
      .meta({ description: 'Devices of MDMs to which certificates of this name belong.' }),
    certificates: z.array(
      Certificate.extend({
        renews: z.string().nullable().meta({ description: 'Id of the certificate that it took over from.' }),
      }).meta({ id: 'DeviceCertificate' }),
    ),
    challenges: z.array(Challenge),
    transactions: z.array(Transaction),
    events: z.array(DeviceEvent),
    actions: z.array(DeviceAction),
  })
  .meta({ id: 'DeviceDetail', description: 'The newest fifty of each.' })

const key = Buffer.from(certificateExample.subject, 'utf8').toString('base64url')
const example: z.input<typeof Device> = {
  key,
  name: certificateExample.subject,
  subject: certificateExample.subject,
  mdm: null,
  certificates: 2,
  status: certificateExample.status,
  notAfter: certificateExample.notAfter,
}

export const listDevices = operation({
  id: 'listDevices',
  method: 'GET',
  path: '/devices',
  tag: 'Devices',
  summary: 'List devices',
  description:
    'Those that MDMs know by their names, then subjects of certificates and challenges that belong to none of them.',
  access: 'certificate:read',
  rate: 'read',
  query: z.strictObject({
    ...paging,
    cursor: text(LONGEST_CURSOR).min(1).exactOptional().meta({ description: 'nextCursor of the page before.' }),
    search: text(200).min(1).exactOptional().meta({
      description: 'Part of the name, the serial number, the user, the model or the subject, or the whole of an id.',
    }),
    state: z.enum(DEVICE_STATES).exactOptional().meta({ description: 'Of devices that MDMs know.' }),
    connector: slug.exactOptional().meta({ description: 'Slug of the MDM.' }),
    group: slug.exactOptional().meta({ description: 'Slug of a group that issued to it.' }),
  }),
  answer: {
    status: 200,
    description: 'A page of devices.',
    schema: pageOf('DevicePage', Device),
    example: { items: [example], nextCursor: null },
  },
})

const params = z.strictObject({
  device: z
    .string()
    .max(LONGEST_KEY)
    .regex(/^[A-Za-z0-9_-]+$/)
    .meta({ description: KEY }),
})

export const getDevice = operation({
  id: 'getDevice',
  method: 'GET',
  path: '/devices/{device}',
  tag: 'Devices',
  summary: 'Read one device',
  description: 'Its certificates and how they renewed each other, its challenges and its attempts, newest first.',
  access: 'certificate:read',
  rate: 'read',
  params,
  answer: {
    status: 200,
    description: 'The device.',
    schema: DeviceDetail,
    example: {
      key,
      name: certificateExample.subject,
      subject: certificateExample.subject,
      mdm: null,
      effective: { verdict: 'trusted', sentence: 'It has a certificate that counts.' },
      knownAs: [],
      certificates: [{ ...certificateExample, renews: null }],
      challenges: [],
      transactions: [],
      events: [],
      actions: [],
    },
  },
  refusals: ['not_found'],
})

export const revokeDeviceChallenges = operation({
  id: 'revokeDeviceChallenges',
  method: 'POST',
  path: '/devices/{device}/revoke-challenges',
  tag: 'Devices',
  summary: 'Revoke the challenges that wait for a device',
  description: 'Of a device that an MDM knows, such as one that was removed. Its certificates stay as they are.',
  access: 'challenge:revoke',
  rate: 'change',
  params,
  body: z.strictObject({}).meta({ id: 'DeviceChallengesRevocation' }),
  answer: {
    status: 200,
    description: 'How many were revoked.',
    schema: z.object({ revoked: z.number().int() }).meta({ id: 'RevokedDeviceChallenges' }),
    example: { revoked: 1 },
  },
  refusals: ['not_found'],
})
