/** GET /authorities: the root and the issuers, as relying parties need them. */
import { z } from 'zod'
import { instant, pageOf, paging } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const PEM = '-----BEGIN CERTIFICATE-----\n(base64)\n-----END CERTIFICATE-----\n'

export const Authority = z
  .object({
    id: z.string(),
    kind: z.enum(['root', 'issuer']),
    status: z.enum(['active', 'staged', 'retired', 'revoked']).meta({
      description:
        'A staged issuer is announced and issues nothing yet; a retired or revoked one issues nothing any more.',
    }),
    slug: z.string(),
    name: z.string(),
    parentId: z.string().nullable().meta({ description: 'The root that signed it; null for a root.' }),
    origin: z.enum(['made', 'imported', 'requested']).meta({
      description: 'Requested: its key was made here, its certificate signed elsewhere.',
    }),
    key: z.enum(['here', 'offline', 'elsewhere']).meta({
      description: 'Offline: taken out as a sealed file. Elsewhere: it never was here.',
    }),
    keyAlgorithm: z.enum(['rsa2048', 'rsa3072', 'rsa4096', 'p256', 'p384']),
    subject: z.string().meta({ description: 'RFC 4514.' }),
    serial: z.string(),
    notBefore: instant,
    notAfter: instant,
    fingerprintSha256: z.string().meta({ description: 'Of the certificate, lower-case hex.' }),
    fingerprintSha1: z.string(),
    certificateId: z.string(),
    certificatePem: z.string(),
    crlUrl: z.string(),
    caUrl: z.string(),
    ocspUrl: z.string(),
    ocspResponder: z
      .object({ certificateId: z.string(), notBefore: instant, notAfter: instant, renewsAt: instant })
      .nullable()
      .meta({ description: 'The certificate that signs its OCSP answers; null before the first one.' }),
    crl: z
      .object({ number: z.string(), thisUpdate: instant, nextUpdate: instant, entries: z.number().int() })
      .nullable()
      .meta({ description: 'The newest CRL; null before the first one.' }),
  })
  .meta({ id: 'Authority' })

export const authorityExample: z.input<typeof Authority> = {
  id: '0198d2c0-55aa-7c3e-9d0a-5b1f6f1f2a10',
  kind: 'issuer',
  status: 'active',
  slug: 'staff',
  name: 'Example Staff Issuer',
  parentId: '0198d2c0-55aa-7c3e-9d0a-5b1f6f1f2a0f',
  origin: 'made',
  key: 'here',
  keyAlgorithm: 'rsa3072',
  subject: 'CN=Example Staff Issuer,O=Example',
  serial: '4F1D2C3B4A5968778695A4B3C2D1E0F1',
  notBefore: new Date('2026-11-23T08:00:00Z'),
  notAfter: new Date('2036-11-20T08:00:00Z'),
  fingerprintSha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  fingerprintSha1: 'a94a8fe5ccb19ba61c4c0873d391e987982fbbd3',
  certificateId: '0198d2c0-55ab-7b21-8a4e-0c9d1e2f3a4b',
  certificatePem: PEM,
  crlUrl: 'http://portal.example/crl/staff.crl',
  caUrl: 'http://portal.example/ca/staff.cer',
  ocspUrl: 'http://portal.example/ocsp/staff',
  ocspResponder: {
    certificateId: '0198d2c0-55ac-7d10-b3c4-2f6a8e0d1b57',
    notBefore: new Date('2026-11-23T07:00:00Z'),
    notAfter: new Date('2026-11-30T07:00:00Z'),
    renewsAt: new Date('2026-11-26T19:00:00Z'),
  },
  crl: {
    number: '7',
    thisUpdate: new Date('2026-11-23T09:00:00Z'),
    nextUpdate: new Date('2026-11-24T09:00:00Z'),
    entries: 3,
  },
}

export const listAuthorities = operation({
  id: 'listAuthorities',
  method: 'GET',
  path: '/authorities',
  tag: 'Authorities',
  summary: 'List the root and the issuers',
  description: 'The root first, then the issuer of every group, each with its certificate and its newest CRL.',
  access: 'group:read',
  rate: 'read',
  query: z.strictObject({ ...paging }),
  answer: {
    status: 200,
    description: 'A page of authorities.',
    schema: pageOf('AuthorityPage', Authority),
    example: { items: [authorityExample], nextCursor: null },
  },
})
