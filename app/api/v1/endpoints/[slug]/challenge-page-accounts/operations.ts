/** Accounts of an endpoint's challenge page: added, changed, switched off, and given new secrets. */
import { z } from 'zod'
import { instant, name, pageOf, paging, slug, text } from '@/app/api/_fields'
import { operation } from '@/app/api/_operation'

const encoding = z.enum(['utf-16le', 'utf-8']).meta({ description: 'As NDES writes its page, or as Okta does.' })
const format = z
  .enum(['hex32', 'hex16'])
  .meta({ description: 'Digits of a challenge; with 16 it lives an hour at most.' })

const PageAccount = z
  .object({
    id: z.string(),
    endpoint: z.string().meta({ description: 'Slug.' }),
    name: z.string(),
    user: z.string().meta({ description: 'Signs in as this, with or without a domain.' }),
    allowedAddresses: z.array(z.string()),
    fromEverywhere: z.boolean().meta({ description: 'The addresses shut nobody out.' }),
    encoding,
    format,
    ttlMinutes: z.number().int(),
    mostPending: z.number().int(),
    pending: z.number().int().meta({ description: 'Unused challenges of this account.' }),
    subjectTemplate: z.string(),
    enabled: z.boolean(),
    url: z.string(),
    urlUnderScep: z.string().meta({ description: 'For products that append the path of NDES to an address.' }),
    scepUrl: z.string(),
    secretSince: instant,
    previousSecretUntil: instant.nullable().meta({ description: 'Until when the secret before is believed.' }),
    createdBy: z.string(),
    createdAt: instant,
    lastUsedAt: instant.nullable(),
    lastRefusal: z
      .object({
        reason: z.enum([
          'address_not_allowed',
          'account_disabled',
          'endpoint_disabled',
          'endpoint_not_dynamic',
          'too_fast',
          'challenge_quota',
        ]),
        at: instant,
      })
      .nullable(),
  })
  .meta({ id: 'ChallengePageAccount', description: 'Without its secret, which is returned once.' })

const example: z.input<typeof PageAccount> = {
  id: '0198d2d0-0101-7f00-8a0b-2c3d4e5f6a7b',
  endpoint: 'staff',
  name: 'Workspace ONE',
  user: 'workspace-one',
  allowedAddresses: ['192.0.2.0/24'],
  fromEverywhere: false,
  encoding: 'utf-16le',
  format: 'hex32',
  ttlMinutes: 60,
  mostPending: 1_000,
  pending: 3,
  subjectTemplate: 'CN=laptop-*,O=Example',
  enabled: true,
  url: 'https://ca.example.com/certsrv/mscep_admin/staff',
  urlUnderScep: 'https://ca.example.com/scep/staff/certsrv/mscep_admin/',
  scepUrl: 'https://ca.example.com/scep/staff',
  secretSince: new Date('2026-11-23T09:10:00Z'),
  previousSecretUntil: null,
  createdBy: 'deployment script',
  createdAt: new Date('2026-11-23T09:10:00Z'),
  lastUsedAt: null,
  lastRefusal: null,
}
const shown = PageAccount.extend({
  secret: z.string().meta({ description: 'Returned here and never again.' }),
}).meta({ id: 'ChallengePageAccountWithSecret' })
const one = z.strictObject({ slug, id: z.uuid() })

const settings = {
  user: text(64).min(1).exactOptional().meta({ description: 'Made from the name unless given.' }),
  allowedAddresses: z.array(text(50)).max(100).exactOptional().meta({ description: 'Addresses or CIDR blocks.' }),
  anyAddress: z.boolean().exactOptional().meta({ description: 'In place of addresses: it may come from anywhere.' }),
  encoding: encoding.exactOptional(),
  format: format.exactOptional(),
  ttlMinutes: z.int().min(5).max(1_440).exactOptional(),
  mostPending: z.int().min(1).max(1_000).exactOptional().meta({ description: 'Unused challenges at a time.' }),
}
const subjectTemplate = text(1_000)
  .min(1)
  .meta({ description: 'Names that its devices may ask for, such as CN=laptop-*,O=Example; dns:*.example.com' })

export const listPageAccounts = operation({
  id: 'listChallengePageAccounts',
  method: 'GET',
  path: '/endpoints/{slug}/challenge-page-accounts',
  tag: 'Challenge page',
  summary: 'List the accounts of a challenge page',
  description: 'By name. Secrets are never listed.',
  access: 'challenge-page:read',
  rate: 'read',
  params: z.strictObject({ slug }),
  query: z.strictObject(paging),
  answer: {
    status: 200,
    description: 'A page of accounts.',
    schema: pageOf('ChallengePageAccountPage', PageAccount),
    example: { items: [example], nextCursor: null },
  },
  refusals: ['not_found'],
})

export const createPageAccount = operation({
  id: 'createChallengePageAccount',
  method: 'POST',
  path: '/endpoints/{slug}/challenge-page-accounts',
  tag: 'Challenge page',
  summary: 'Add an account for a device management that knows only NDES',
  description:
    'It fetches one challenge for each GET of its URL, with HTTP Basic over TLS. Give the addresses it comes from, or say anyAddress. The secret is in this answer only.',
  access: 'challenge-page:manage',
  rate: 'change',
  params: z.strictObject({ slug }),
  body: z.strictObject({ name: name(60), subjectTemplate, ...settings }).meta({ id: 'NewChallengePageAccount' }),
  bodyExample: {
    name: 'Workspace ONE',
    subjectTemplate: 'CN=laptop-*,O=Example',
    allowedAddresses: ['192.0.2.0/24'],
  },
  idempotent: true,
  answer: {
    status: 201,
    description: 'The account, with its secret.',
    schema: shown,
    example: { ...example, secret: '(40 letters and digits)' },
  },
  refusals: ['not_found', 'conflict', 'unavailable'],
})

export const getPageAccount = operation({
  id: 'getChallengePageAccount',
  method: 'GET',
  path: '/endpoints/{slug}/challenge-page-accounts/{id}',
  tag: 'Challenge page',
  summary: 'Get an account of a challenge page',
  description: 'Without its secret.',
  access: 'challenge-page:read',
  rate: 'read',
  params: one,
  answer: { status: 200, description: 'The account.', schema: PageAccount, example },
  refusals: ['not_found'],
})

export const updatePageAccount = operation({
  id: 'updateChallengePageAccount',
  method: 'PATCH',
  path: '/endpoints/{slug}/challenge-page-accounts/{id}',
  tag: 'Challenge page',
  summary: 'Change an account of a challenge page, or switch it off',
  description: 'What is not given stays. Challenges it fetched before stay usable.',
  access: 'challenge-page:manage',
  rate: 'change',
  params: one,
  body: z
    .strictObject({
      name: name(60).exactOptional(),
      subjectTemplate: subjectTemplate.exactOptional(),
      ...settings,
      enabled: z.boolean().exactOptional(),
    })
    .meta({ id: 'ChallengePageAccountChange' }),
  bodyExample: { enabled: false },
  answer: { status: 200, description: 'The account.', schema: PageAccount, example: { ...example, enabled: false } },
  refusals: ['not_found', 'conflict'],
})

export const rotatePageSecret = operation({
  id: 'rotateChallengePageSecret',
  method: 'POST',
  path: '/endpoints/{slug}/challenge-page-accounts/{id}/rotate-secret',
  tag: 'Challenge page',
  summary: 'Replace the secret of an account',
  description: 'The one before is believed for a day more, or as long as is said; 0 ends it at once.',
  access: 'challenge-page:manage',
  rate: 'change',
  params: one,
  body: z
    .strictObject({ graceHours: z.int().min(0).max(168).exactOptional() })
    .meta({ id: 'ChallengePageSecretRotation' }),
  bodyExample: { graceHours: 24 },
  answer: {
    status: 200,
    description: 'The account, with its new secret.',
    schema: shown,
    example: {
      ...example,
      previousSecretUntil: new Date('2026-11-24T09:10:00Z'),
      secret: '(40 letters and digits)',
    },
  },
  refusals: ['not_found', 'unavailable'],
})
