/** Certificates: find them, read them, save them, revoke them. */
import { z } from 'zod'
import { instant, moment, name, pageOf, paging, slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { SubjectAlternativeName } from '@/app/api/v1/challenges/operations'

export const STATUSES = ['valid', 'expiring', 'expired', 'revoked', 'held', 'issuer_revoked', 'not_yet_valid'] as const
export const RevocationReason = z
  .enum([
    'unspecified',
    'keyCompromise',
    'cACompromise',
    'affiliationChanged',
    'superseded',
    'cessationOfOperation',
    'certificateHold',
    'privilegeWithdrawn',
    'aACompromise',
  ])
  .meta({ id: 'RevocationReason', description: 'RFC 5280 §5.3.1.' })

const Named = z.object({ slug: z.string(), name: z.string() })

export const Certificate = z
  .object({
    id: z.string(),
    serial: z.string().meta({ description: 'Upper-case hex.' }),
    subject: z.string(),
    commonName: z.string().nullable(),
    san: z.array(SubjectAlternativeName),
    status: z.enum(STATUSES).meta({ description: 'What it is worth now.' }),
    statusCause: z
      .object({
        decidedBy: z.enum(['revocation', 'issuer', 'validity']),
        at: instant,
        reason: RevocationReason.nullable(),
        by: z.string().nullable(),
        sentence: z.string(),
      })
      .meta({ description: 'What made it so: its own revocation, that of its issuer, or its time.' }),
    group: Named.nullable(),
    endpoint: Named.nullable(),
    issuer: Named,
    keyAlgorithm: z.string(),
    notBefore: instant,
    notAfter: instant,
    issuedAt: instant,
    revokedAt: instant.nullable(),
    revocationReason: RevocationReason.nullable(),
    revokedBy: z.string().nullable(),
    invalidityDate: instant.nullable().meta({ description: 'Since when its key must be taken for compromised.' }),
    fingerprintSha256: z.string(),
  })
  .meta({ id: 'Certificate' })

const LineMember = z
  .object({
    id: z.string(),
    serial: z.string(),
    status: z.enum(STATUSES),
    issuedAt: instant,
    notAfter: instant,
  })
  .meta({ id: 'LineMember', description: 'A certificate of a line of renewals.' })

const CertificateDetail = Certificate.extend({
  kind: z.enum(['root', 'issuer', 'ra', 'ocsp', 'profile', 'leaf']),
  fingerprintSha1: z.string(),
  publicKey: z.object({ algorithm: z.string(), size: z.string(), spkiSha256: z.string() }),
  signatureAlgorithm: z.string(),
  extensions: z.array(
    z.object({ oid: z.string(), name: z.string(), critical: z.boolean(), lines: z.array(z.string()) }),
  ),
  pem: z.string(),
  chainPem: z.string().meta({ description: 'The issuers above it, the certificate itself first.' }),
  challenge: z.object({ id: z.string(), mintedBy: z.string(), createdAt: instant }).nullable(),
  transaction: z
    .object({ id: z.string(), sourceIp: z.string().nullable(), userAgent: z.string().nullable(), at: instant })
    .nullable(),
  revocationComment: z.string().nullable(),
  scheduled: z
    .object({ bulkId: z.string(), action: z.enum(['revoke', 'hold', 'release']), startsAt: instant })
    .nullable()
    .meta({ description: 'What will be done to it at a time ahead, if anything.' }),
  renews: LineMember.nullable().meta({ description: 'The certificate whose holder asked for this one.' }),
  renewedBy: LineMember.nullable().meta({ description: 'The certificate that took over from it.' }),
  lineage: z
    .array(LineMember)
    .meta({ description: 'All that came of the first one by renewal, oldest first; empty while it is alone.' }),
  supersedeAt: instant
    .nullable()
    .meta({ description: 'When it is revoked as superseded, unless somebody revokes it before.' }),
  policyVersion: z.int().nullable().meta({ description: 'Version of the policy of its endpoint, as it was issued.' }),
  history: z
    .array(
      z.object({
        seq: z.string(),
        time: instant,
        type: z.string(),
        outcome: z.string(),
        actor: z.object({ type: z.string(), name: z.string() }),
        sentence: z.string(),
      }),
    )
    .meta({ description: 'What happened to it, from the audit trail.' }),
}).meta({ id: 'CertificateDetail' })

export const certificateExample: z.input<typeof Certificate> = {
  id: '0198d2d1-1a2b-7c3d-8e4f-5a6b7c8d9e0f',
  serial: '3A7F19C0D2E45B6781920A1B2C3D4E5F',
  subject: 'CN=tablet-7,O=Example',
  commonName: 'tablet-7',
  san: [{ type: 'dns', value: 'tablet-7.example' }],
  status: 'valid',
  statusCause: {
    decidedBy: 'validity',
    at: new Date('2027-11-23T09:12:00Z'),
    reason: null,
    by: null,
    sentence: 'Valid until 2027-11-23 09:12 UTC.',
  },
  group: { slug: 'staff', name: 'Staff' },
  endpoint: { slug: 'staff', name: 'Staff' },
  issuer: { slug: 'staff', name: 'Example Staff Issuer' },
  keyAlgorithm: 'rsa2048',
  notBefore: new Date('2026-11-23T08:12:00Z'),
  notAfter: new Date('2027-11-23T09:12:00Z'),
  issuedAt: new Date('2026-11-23T09:12:00Z'),
  revokedAt: null,
  revocationReason: null,
  revokedBy: null,
  invalidityDate: null,
  fingerprintSha256: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
}

const revokedAt = new Date('2026-11-23T10:00:00Z')
const revokedExample = {
  status: 'revoked' as const,
  statusCause: {
    decidedBy: 'revocation' as const,
    at: revokedAt,
    reason: 'keyCompromise' as const,
    by: 'automation',
    sentence: 'Revoked by automation on 2026-11-23 10:00 UTC: key compromise.',
  },
  revokedAt,
  revokedBy: 'automation',
  revocationReason: 'keyCompromise' as const,
}

const detailExample: z.input<typeof CertificateDetail> = {
  ...certificateExample,
  kind: 'leaf',
  fingerprintSha1: '0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33',
  publicKey: {
    algorithm: 'RSA',
    size: '2048 bits',
    spkiSha256: 'fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9',
  },
  signatureAlgorithm: 'sha256WithRSA',
  extensions: [{ oid: '2.5.29.37', name: 'Extended key usage', critical: false, lines: ['TLS client authentication'] }],
  pem: '-----BEGIN CERTIFICATE-----\n(base64)\n-----END CERTIFICATE-----\n',
  chainPem: '-----BEGIN CERTIFICATE-----\n(base64)\n-----END CERTIFICATE-----\n',
  challenge: {
    id: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b',
    mintedBy: 'deployment script',
    createdAt: new Date('2026-11-23T09:10:00Z'),
  },
  transaction: {
    id: '0198d2d1-0a0b-7c0d-8e0f-1a2b3c4d5e6f',
    sourceIp: '192.0.2.7',
    userAgent: null,
    at: new Date('2026-11-23T09:12:00Z'),
  },
  revocationComment: null,
  scheduled: null,
  renews: null,
  renewedBy: null,
  lineage: [],
  supersedeAt: null,
  policyVersion: 3,
  history: [
    {
      seq: '42',
      time: new Date('2026-11-23T09:12:00Z'),
      type: 'certificate.issued',
      outcome: 'success',
      actor: { type: 'device', name: 'tablet-7' },
      sentence: 'A certificate was issued to tablet-7.',
    },
  ],
}

export const listCertificates = operation({
  id: 'listCertificates',
  method: 'GET',
  path: '/certificates',
  tag: 'Certificates',
  summary: 'List certificates',
  description: 'Certificates of devices, newest first.',
  access: 'certificate:read',
  rate: 'read',
  query: z.strictObject({
    ...paging,
    group: slug.exactOptional(),
    endpoint: slug.exactOptional(),
    issuer: slug.exactOptional().meta({ description: 'Slug of the authority that signed it.' }),
    status: z.enum(STATUSES).exactOptional(),
    issuance: z.enum(['first', 'renewal']).exactOptional().meta({
      description: 'The first certificate of a line, or those that took over from another.',
    }),
    line: z
      .string()
      .regex(/^[0-9A-Fa-f-]{1,64}$/)
      .exactOptional()
      .meta({ description: 'Id or serial of one certificate: its whole line of renewals.' }),
    search: text(200)
      .min(3)
      .exactOptional()
      .meta({ description: 'Part of a serial, fingerprint, common name, subject or SAN.' }),
  }),
  answer: {
    status: 200,
    description: 'A page of certificates.',
    schema: pageOf('CertificatePage', Certificate),
    example: { items: [certificateExample], nextCursor: null },
  },
})

export const certificate = z
  .string()
  .regex(/^[0-9A-Fa-f-]{1,64}$/)
  .meta({ description: 'Its id, or its serial in hex.' })

export const getCertificate = operation({
  id: 'getCertificate',
  method: 'GET',
  path: '/certificates/{certificate}',
  tag: 'Certificates',
  summary: 'Read one certificate',
  description:
    'Everything about it: extensions, fingerprints, PEM and chain, the challenge that allowed it, its history.',
  access: 'certificate:read',
  rate: 'read',
  params: z.strictObject({ certificate }),
  answer: { status: 200, description: 'The certificate.', schema: CertificateDetail, example: detailExample },
  refusals: ['not_found'],
})

export const downloadCertificate = operation({
  id: 'downloadCertificate',
  method: 'GET',
  path: '/certificates/{certificate}/download',
  tag: 'Certificates',
  summary: 'Save a certificate',
  description: 'The certificate as a file: PEM, DER, or PEM with the chain above it.',
  access: 'certificate:read',
  rate: 'read',
  params: z.strictObject({ certificate }),
  query: z.strictObject({ format: z.enum(['pem', 'der', 'chain']).default('pem') }),
  answer: {
    status: 200,
    description: 'The file.',
    schema: z.never(),
    example: undefined as never,
    files: {
      'application/x-pem-file': 'format=pem',
      'application/pkix-cert': 'format=der',
      'application/pem-certificate-chain': 'format=chain',
    },
  },
  refusals: ['not_found'],
})

export const revokeCertificate = operation({
  id: 'revokeCertificate',
  method: 'POST',
  path: '/certificates/{certificate}/revoke',
  tag: 'Certificates',
  summary: 'Revoke a certificate',
  description:
    'Cannot be undone, unless the reason is certificateHold. A certificate on hold may still be revoked. The CRL of its ' +
    'issuer lists it within seconds.',
  access: 'certificate:revoke',
  rate: 'change',
  params: z.strictObject({ certificate }),
  body: z
    .strictObject({
      reason: RevocationReason,
      comment: name(500).exactOptional(),
      invalidityDate: moment
        .exactOptional()
        .meta({ description: 'Since when the key must be taken for compromised; with keyCompromise alone.' }),
    })
    .meta({ id: 'CertificateRevocation' }),
  bodyExample: { reason: 'keyCompromise', comment: 'Device reported stolen' },
  answer: {
    status: 200,
    description: 'The certificate, revoked.',
    schema: Certificate,
    example: {
      ...certificateExample,
      ...revokedExample,
    },
  },
  refusals: ['not_found', 'conflict'],
})

export const holdCertificate = operation({
  id: 'holdCertificate',
  method: 'POST',
  path: '/certificates/{certificate}/hold',
  tag: 'Certificates',
  summary: 'Put a certificate on hold',
  description:
    'Revokes it with the reason certificateHold, which is the one revocation that can be undone: release it, or revoke ' +
    'it for good.',
  access: 'certificate:revoke',
  rate: 'change',
  params: z.strictObject({ certificate }),
  body: z.strictObject({ comment: name(500).exactOptional() }).meta({ id: 'CertificateHold' }),
  bodyExample: { comment: 'Device is missing since this morning' },
  answer: {
    status: 200,
    description: 'The certificate, on hold.',
    schema: Certificate,
    example: {
      ...certificateExample,
      ...revokedExample,
      status: 'held',
      statusCause: {
        ...revokedExample.statusCause,
        reason: 'certificateHold',
        sentence: 'On hold since 2026-11-23 10:00 UTC, by automation. It can be released.',
      },
      revocationReason: 'certificateHold',
    },
  },
  refusals: ['not_found', 'conflict'],
})

export const releaseCertificate = operation({
  id: 'releaseCertificate',
  method: 'POST',
  path: '/certificates/{certificate}/release',
  tag: 'Certificates',
  summary: 'Release a certificate',
  description: 'Ends a hold: it counts again, and leaves the next CRL. What is revoked for good is not released.',
  access: 'certificate:revoke',
  rate: 'change',
  params: z.strictObject({ certificate }),
  body: z.strictObject({ comment: name(500).exactOptional() }).meta({ id: 'CertificateRelease' }),
  bodyExample: { comment: 'Found again' },
  answer: { status: 200, description: 'The certificate, released.', schema: Certificate, example: certificateExample },
  refusals: ['not_found', 'conflict'],
})
