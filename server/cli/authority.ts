/** latchkey authority: roots and issuers, and those that come from elsewhere. */
import type { AuthorityRequestView } from '@/lib/services/authority-import-types'
import type { AuthorityView, IssuerKey } from '@/lib/services/groups'
import { command, given, secretFromStdin } from './command'
import { readBytes, writeNewFile } from './files'
import { facts, moment, table } from './text'

const FILE = { value: 'FILE', description: 'PEM or DER', required: true } as const
const SEALED = { value: 'FILE', description: 'The sealed key', required: true } as const

export const listAuthorities = command({
  name: 'authority list',
  summary: 'List roots and issuers',
  options: {},
  examples: ['authority list'],
  async run({ withServices }) {
    const items = await withServices((services, actor) => services.groups.authorities(actor))
    const rows = items.map(({ slug, kind, name, status, key, notAfter }) => [
      ...[slug, kind, name, status, key, moment(notAfter)],
    ])
    return {
      json: { items, nextCursor: null },
      text: table(['SLUG', 'KIND', 'NAME', 'STATUS', 'KEY', 'UNTIL'], rows, 'There are no authorities yet.'),
    }
  },
})

export const importRoot = command({
  name: 'authority import-root',
  summary: 'Take in a root whose key stays elsewhere',
  options: { file: FILE },
  examples: ['authority import-root --file root.pem'],
  async run({ options, withServices }) {
    const file = await readBytes(options.file)
    return answer(await withServices((services, actor) => services.authorityImports.importRoot(actor, file)))
  },
})

export const importPkcs12 = command({
  name: 'authority import-pkcs12',
  summary: 'Take in a root or an issuer with its key',
  details: 'The password of the file is read from standard input, used once and kept nowhere.',
  options: { file: { value: 'FILE', description: 'PKCS#12, encrypted with AES', required: true } },
  examples: ['authority import-pkcs12 --file issuer.p12 < password.txt'],
  async run({ options, withServices, io }) {
    const password = Buffer.from(await secretFromStdin(io, 'password'), 'utf8')
    const file = await readBytes(options.file)
    return answer(
      await withServices((services, actor) => services.authorityImports.importPkcs12(actor, file, password)),
    )
  },
})

export const requestAuthority = command({
  name: 'authority request',
  summary: 'Make a key and a request for an issuer that is signed elsewhere',
  options: {
    name: { value: 'NAME', description: 'Name of the issuer', required: true },
    'issuer-key': {
      value: 'KIND',
      description: 'Its key; rsa3072 unless given',
      choices: ['rsa3072', 'rsa4096', 'p256', 'p384'],
    },
    out: { value: 'FILE', description: 'Where to write the request (CSR), PEM' },
    force: { description: 'Overwrite the file' },
  },
  examples: ['authority request --name "Staff Issuing CA" --out staff.csr'],
  async run({ options, withServices }) {
    const issuerKey = options['issuer-key'] as IssuerKey | undefined
    const request = await withServices((services, actor) =>
      services.authorityImports.createRequest(actor, { name: options.name, ...given({ issuerKey }) }),
    )
    if (options.out !== undefined)
      await writeNewFile(options.out, Buffer.from(request.csrPem), { mode: 0o644, force: options.force })
    return { json: request, text: `${requestFacts(request)}\n\n${request.csrPem}` }
  },
})

export const listAuthorityRequests = command({
  name: 'authority requests',
  summary: 'List issuers that wait for their certificate',
  options: {},
  examples: ['authority requests'],
  async run({ withServices }) {
    const items = await withServices((services, actor) => services.authorityImports.requests(actor))
    const rows = items.map(({ id, name, createdAt }) => [id, name, moment(createdAt)])
    return {
      json: { items, nextCursor: null },
      text: table(['ID', 'NAME', 'ASKED FOR'], rows, 'No issuer waits for its certificate.'),
    }
  },
})

export const acceptAuthority = command({
  name: 'authority accept',
  summary: 'Bring the certificate for a request',
  argument: 'ID',
  options: { file: FILE },
  examples: ['authority accept 0198d2c0-55aa-7c3e-9d0a-5b1f6f1f2a10 --file staff.pem'],
  async run({ argument, options, withServices }) {
    const file = await readBytes(options.file)
    return answer(
      await withServices((services, actor) => services.authorityImports.acceptCertificate(actor, argument, file)),
    )
  },
})

export const withdrawAuthority = command({
  name: 'authority withdraw',
  summary: 'Withdraw a request; its key is never used',
  argument: 'ID',
  options: {},
  examples: ['authority withdraw 0198d2c0-55aa-7c3e-9d0a-5b1f6f1f2a10'],
  async run({ argument, withServices }) {
    await withServices((services, actor) => services.authorityImports.withdrawRequest(actor, argument))
    return { json: { id: argument }, text: 'The request is withdrawn.' }
  },
})

export const importAuthorityCrl = command({
  name: 'authority import-crl',
  summary: 'Bring the newest revocation list of a root whose key is elsewhere',
  details: 'Issuers that it names are revoked here too, and their endpoints switched off.',
  argument: 'SLUG',
  options: { file: FILE },
  examples: ['authority import-crl example-root --file root.crl'],
  async run({ argument, options, withServices }) {
    const file = await readBytes(options.file)
    const imported = await withServices((services, actor) => services.authorityImports.importCrl(actor, argument, file))
    const { number, revoked } = imported
    return {
      json: imported,
      text: facts([
        ['List', `no. ${number}`],
        ['Issuers revoked by it', revoked.length === 0 ? 'none' : revoked.join(', ')],
      ]),
    }
  },
})

export const chooseRoot = command({
  name: 'authority use-root',
  summary: 'Make new issuers under this root',
  argument: 'SLUG',
  options: {},
  examples: ['authority use-root example-root'],
  async run({ argument, withServices }) {
    await withServices((services, actor) => services.authorityImports.chooseForNewIssuers(actor, argument))
    return { json: { slug: argument }, text: 'New issuers are made under this root.' }
  },
})

export const sealKey = command({
  name: 'authority seal-key',
  summary: 'Fetch the key of a root as a sealed file',
  details: 'It opens with the KEK of this installation alone. Keep both, in different places.',
  argument: 'SLUG',
  options: {
    out: { value: 'FILE', description: 'Where to write it', required: true },
    force: { description: 'Overwrite the file' },
  },
  examples: ['authority seal-key root --out root.sealed-key.json'],
  async run({ argument, options, withServices }) {
    const sealed = await withServices((services, actor) => services.authorityImports.sealedKey(actor, argument))
    await writeNewFile(options.out, sealed, { mode: 0o600, force: options.force })
    return { json: { slug: argument, file: options.out }, text: `Written to ${options.out}.` }
  },
})

export const takeKeyOffline = command({
  name: 'authority take-offline',
  summary: 'Wipe the key of a root here; the sealed file is shown first',
  argument: 'SLUG',
  options: { file: SEALED },
  examples: ['authority take-offline root --file root.sealed-key.json'],
  async run({ argument, options, withServices }) {
    const sealed = await readBytes(options.file)
    await withServices((services, actor) => services.authorityImports.takeOffline(actor, argument, sealed))
    return { json: { slug: argument }, text: 'The key is offline. Bring it back before the next list is due.' }
  },
})

export const bringKeyBack = command({
  name: 'authority bring-back',
  summary: 'Bring the key of a root back',
  argument: 'SLUG',
  options: { file: SEALED },
  examples: ['authority bring-back root --file root.sealed-key.json'],
  async run({ argument, options, withServices }) {
    const sealed = await readBytes(options.file)
    await withServices((services, actor) => services.authorityImports.bringBack(actor, argument, sealed))
    return { json: { slug: argument }, text: 'The key is back.' }
  },
})

function answer(authority: AuthorityView) {
  const { slug, subject, key, notAfter, fingerprintSha256 } = authority
  const text = facts([
    ['Subject', subject],
    ['Slug', slug],
    ['Key', key],
    ['Valid until', moment(notAfter)],
    ['SHA-256', fingerprintSha256],
  ])
  return { json: authority, text }
}

function requestFacts({ id, subject }: AuthorityRequestView): string {
  return facts([
    ['Request', id],
    ['Subject', subject],
  ])
}
