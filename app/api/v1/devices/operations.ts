/** Devices: everything known under one name. A device is its subject; the same machine under another name is another. */
import { z } from 'zod'
import { instant, pageOf, paging, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { Certificate, certificateExample } from '@/app/api/v1/certificates/operations'
import { Challenge } from '@/app/api/v1/challenges/operations'
import { Transaction } from '@/app/api/v1/transactions/operations'

/** A subject of a thousand characters, four octets each, in base64url. */
const LONGEST_KEY = 5_400
const KEY = 'Names the device in URLs: base64url of its subject in UTF-8.'

const Device = z
  .object({
    key: z.string().meta({ description: KEY }),
    subject: z.string(),
    certificates: z.number().int().meta({ description: 'How many were issued.' }),
    status: Certificate.shape.status
      .nullable()
      .meta({ description: 'Of the newest certificate; null before there is one.' }),
    notAfter: instant.nullable(),
  })
  .meta({ id: 'Device' })

const DeviceDetail = z
  .object({
    key: z.string().meta({ description: KEY }),
    subject: z.string(),
    certificates: z.array(
      Certificate.extend({
        renews: z.string().nullable().meta({ description: 'Id of the certificate that it took over from.' }),
      }).meta({ id: 'DeviceCertificate' }),
    ),
    challenges: z.array(Challenge),
    transactions: z.array(Transaction),
  })
  .meta({ id: 'DeviceDetail', description: 'The newest fifty of each.' })

const key = Buffer.from(certificateExample.subject, 'utf8').toString('base64url')
const example: z.input<typeof Device> = {
  key,
  subject: certificateExample.subject,
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
  description: 'Subjects that a certificate or a challenge names, in their order.',
  access: 'certificate:read',
  rate: 'read',
  query: z.strictObject({
    ...paging,
    cursor: text(LONGEST_KEY).min(1).exactOptional().meta({ description: 'nextCursor of the page before.' }),
    search: text(200).min(1).exactOptional().meta({ description: 'Part of the subject.' }),
  }),
  answer: {
    status: 200,
    description: 'A page of devices.',
    schema: pageOf('DevicePage', Device),
    example: { items: [example], nextCursor: null },
  },
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
  params: z.strictObject({
    device: z
      .string()
      .max(LONGEST_KEY)
      .regex(/^[A-Za-z0-9_-]+$/)
      .meta({ description: KEY }),
  }),
  answer: {
    status: 200,
    description: 'The device.',
    schema: DeviceDetail,
    example: {
      key,
      subject: certificateExample.subject,
      certificates: [{ ...certificateExample, renews: null }],
      challenges: [],
      transactions: [],
    },
  },
  refusals: ['not_found'],
})
