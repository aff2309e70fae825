/** Authorities from elsewhere: requests out, certificates and revocation lists in. Keys come in by portal and command line alone. */
import { z } from 'zod'
import { instant, name, pageOf, paging, slug } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'
import { Authority, authorityExample } from './operations'

/** The service says what is wrong with it. */
const pem = z.string().min(1).max(60_000)
const byId = z.strictObject({ id: z.uuid() })
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\n(base64)\n-----END CERTIFICATE-----\n'
const File = z.strictObject({ pem: pem.meta({ description: 'One certificate, PEM; a root may stand beside it.' }) })

const AuthorityRequest = z
  .object({
    id: z.string(),
    name: z.string(),
    subject: z.string().meta({ description: 'RFC 4514.' }),
    keyAlgorithm: z.enum(['rsa3072', 'rsa4096', 'p256', 'p384']),
    csrPem: z.string().meta({ description: 'PKCS #10, to be signed by a root.' }),
    createdAt: instant,
    createdBy: z.string(),
  })
  .meta({ id: 'AuthorityRequest' })

const requestExample: z.input<typeof AuthorityRequest> = {
  id: '0198d2c0-55ab-7b21-8a4e-0c9d1e2f3a4c',
  name: 'Staff Issuing CA',
  subject: 'CN=Staff Issuing CA,O=Example',
  keyAlgorithm: 'rsa3072',
  csrPem: '-----BEGIN CERTIFICATE REQUEST-----\n(base64)\n-----END CERTIFICATE REQUEST-----\n',
  createdAt: new Date('2026-11-23T09:00:00Z'),
  createdBy: 'Ada Admin',
}
const issuerExample = { ...authorityExample, origin: 'requested' as const }
const rootExample = {
  ...authorityExample,
  kind: 'root' as const,
  slug: 'example-root',
  name: 'Example Root',
  parentId: null,
  origin: 'imported' as const,
  key: 'elsewhere' as const,
  ocspResponder: null,
  crl: null,
}

export const importRoot = operation({
  id: 'importRoot',
  method: 'POST',
  path: '/authorities/roots',
  tag: 'Authorities',
  summary: 'Import a root whose key stays elsewhere',
  description: 'Its certificate alone, checked strictly. Issuers are then signed by it elsewhere.',
  access: 'authority:manage',
  rate: 'change',
  body: z.strictObject({ pem }).meta({ id: 'RootFile' }),
  bodyExample: { pem: CERTIFICATE },
  idempotent: true,
  answer: { status: 201, description: 'The root.', schema: Authority, example: rootExample },
  refusals: ['setup_required'],
})

export const listAuthorityRequests = operation({
  id: 'listAuthorityRequests',
  method: 'GET',
  path: '/authorities/requests',
  tag: 'Authorities',
  summary: 'List issuers that wait for their certificate',
  description: 'Their keys are here; a root elsewhere signs their certificates. Oldest first.',
  access: 'group:read',
  rate: 'read',
  query: z.strictObject({ ...paging }),
  answer: {
    status: 200,
    description: 'A page of requests.',
    schema: pageOf('AuthorityRequestPage', AuthorityRequest),
    example: { items: [requestExample], nextCursor: null },
  },
})

export const requestAuthority = operation({
  id: 'requestAuthority',
  method: 'POST',
  path: '/authorities/requests',
  tag: 'Authorities',
  summary: 'Make a key and a request for an issuer',
  description: 'The key is made in the signer and never leaves it. Takes some seconds with an RSA key.',
  access: 'authority:manage',
  rate: 'change',
  body: z
    .strictObject({
      name: name(64),
      issuerKey: z
        .enum(['rsa3072', 'rsa4096', 'p256', 'p384'])
        .exactOptional()
        .meta({ description: 'RSA 3072 unless given.' }),
    })
    .meta({ id: 'NewAuthorityRequest' }),
  bodyExample: { name: 'Staff Issuing CA', issuerKey: 'rsa3072' },
  idempotent: true,
  answer: { status: 201, description: 'The request.', schema: AuthorityRequest, example: requestExample },
  refusals: ['conflict', 'setup_required'],
})

export const acceptAuthority = operation({
  id: 'acceptAuthority',
  method: 'POST',
  path: '/authorities/requests/{id}/certificate',
  tag: 'Authorities',
  summary: 'Bring the certificate for a request',
  description:
    'Signed by a root that is here or in the same file, for the key of the request. A group can use the issuer then.',
  access: 'authority:manage',
  rate: 'change',
  params: byId,
  body: File.meta({ id: 'AuthorityFile' }),
  bodyExample: { pem: CERTIFICATE },
  answer: { status: 200, description: 'The issuer.', schema: Authority, example: issuerExample },
  refusals: ['not_found', 'conflict'],
})

export const withdrawAuthority = operation({
  id: 'withdrawAuthority',
  method: 'POST',
  path: '/authorities/requests/{id}/withdraw',
  tag: 'Authorities',
  summary: 'Withdraw a request',
  description: 'No certificate is accepted for it any more, and its key is never used.',
  access: 'authority:manage',
  rate: 'change',
  params: byId,
  answer: {
    status: 200,
    description: 'The request that is withdrawn.',
    schema: z.object({ id: z.string() }).meta({ id: 'WithdrawnAuthorityRequest' }),
    example: { id: requestExample.id },
  },
  refusals: ['not_found', 'conflict'],
})

export const importAuthorityCrl = operation({
  id: 'importAuthorityCrl',
  method: 'POST',
  path: '/authorities/{slug}/crl',
  tag: 'Authorities',
  summary: 'Bring the newest revocation list of a root whose key is elsewhere',
  description:
    'Whole, signed by the root, in force, and newer than the last one. Issuers that it names are revoked here too.',
  access: 'authority:manage',
  rate: 'change',
  params: z.strictObject({ slug }),
  body: z.strictObject({ pem }).meta({ id: 'AuthorityCrlFile' }),
  bodyExample: { pem: '-----BEGIN X509 CRL-----\n(base64)\n-----END X509 CRL-----\n' },
  answer: {
    status: 200,
    description: 'The number of the list, and the issuers that it revoked.',
    schema: z
      .object({ number: z.string(), revoked: z.array(z.string()).meta({ description: 'Names of issuers.' }) })
      .meta({ id: 'ImportedCrl' }),
    example: { number: '12', revoked: [] },
  },
  refusals: ['not_found', 'conflict'],
})
