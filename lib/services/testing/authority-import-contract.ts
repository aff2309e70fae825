/** Authorities from elsewhere, made and judged by openssl: the same in memory and on Postgres. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ISSUER_EXTENSIONS,
  type OpensslFolder,
  opensslFolder,
  ROOT_EXTENSIONS,
} from '@/lib/adapters/keys/testing/openssl'
import { subjectKeyIdOf } from '@/lib/pki/authority-lint'
import { fromPem, parseCertificate } from '@/lib/pki/certificate'
import { parseCsr, verifyCsr } from '@/lib/pki/csr'
import { actor, type Backing, DAY_MS, type Installation, installation, newDevice } from './harness'

const admin = actor('admin')
const PASSWORD = 'correct horse'
/** As openssl writes it unless it is told otherwise: not critical. */
const PART_OF_A_LIST = ['issuingDistributionPoint=@part', '[part]', 'onlyuser=TRUE']
/** What openssl makes begins when it is made. */
const tomorrow = () => new Date(Date.now() + DAY_MS)

interface Surroundings<B extends Backing> {
  portal: Installation
  openssl: OpensslFolder
  backing: B
}

/** `more`: what only these stores can show, on the same ones. */
export function authorityImportContract<B extends Backing>(
  name: string,
  open: () => Promise<B>,
  more: (surroundings: () => Surroundings<B>) => void = () => {},
): void {
  describe(name, () => {
    let portal: Installation
    let openssl: OpensslFolder
    let backing: B

    beforeAll(async () => {
      backing = await open()
      portal = installation(backing)
      portal.time.now = tomorrow()
      await portal.setUp()
      openssl = opensslFolder()
    })
    afterAll(async () => {
      openssl.remove()
      await backing.close()
    })

    const atTime = () => ['-attime', String(Math.floor(portal.time.now.getTime() / 1000))]
    const password = () => Buffer.from(PASSWORD)
    const imports = () => portal.authorityImports
    const importRoot = (file: string) => imports().importRoot(admin, openssl.read(`${file}.crt`))

    test('a root comes in without its key, in PEM or DER, and is told apart from ours', async () => {
      openssl.root('Plain Root')
      const { result: root, trail } = await portal.trailOf(() => importRoot('Plain Root'))
      expect(root).toMatchObject({
        kind: 'root',
        slug: 'plain-root',
        name: 'Plain Root',
        origin: 'imported',
        key: 'elsewhere',
        parentId: null,
        keyAlgorithm: 'p256',
        crl: null,
      })
      expect(Buffer.from(fromPem(root.certificatePem)[0] ?? [])).toEqual(Buffer.from(openssl.der('Plain Root')))
      expect(trail).toMatchObject([{ type: 'ca.imported', outcome: 'success', objectId: root.id }])
      await expect(importRoot('Plain Root')).rejects.toMatchObject({ code: 'invalid_input', reason: 'known' })
      await expect(imports().importRoot(admin, openssl.der('Plain Root'))).rejects.toMatchObject({ reason: 'known' })
      openssl.root('alike', { subject: '/O=Example/CN=PLAIN  root' })
      await expect(importRoot('alike')).rejects.toMatchObject({ code: 'invalid_input', reason: 'name_known' })
      openssl.root('in one line', { subject: '/O=Example\\/CN=Plain Root' })
      await expect(importRoot('in one line')).rejects.toMatchObject({ reason: 'name_known' })
      const ours = await portal.authorities.createRoot(admin, { organisation: 'Example', key: 'p384' })
      expect(ours.slug).toBe('root')
    })

    test('an issuer that is signed elsewhere takes over the key of its request, and devices chain to it', async () => {
      openssl.root('Far Root')
      await importRoot('Far Root')
      const request = await imports().createRequest(admin, { name: 'Campus Issuing CA', issuerKey: 'p256' })
      const csr = parseCsr(fromPem(request.csrPem)[0] ?? new Uint8Array())
      expect(verifyCsr(csr)).toBe(true)
      expect(request.subject).toBe('CN=Campus Issuing CA,O=Example')
      const signed = openssl.sign('campus', 'Far Root', csr.der)
      const { result: issuer, trail } = await portal.trailOf(() =>
        imports().acceptCertificate(admin, request.id, signed),
      )
      expect(issuer).toMatchObject({ kind: 'issuer', id: request.id, key: 'here', origin: 'requested', groupId: null })
      expect(trail).toMatchObject([{ type: 'ca.imported', objectId: issuer.id }])
      expect(await imports().requests(admin)).toEqual([])
      await expect(imports().acceptCertificate(admin, request.id, signed)).rejects.toMatchObject({ code: 'not_found' })

      const group = await portal.groups.create(admin, { name: 'Campus', issuer: issuer.slug })
      expect(group).toMatchObject({ ready: true, issuer: { id: issuer.id, groupId: group.id } })
      const endpoint = group.endpoints[0]
      const leaf = await portal.enrol(endpoint?.id ?? '', newDevice())
      openssl.write('leaf.der', leaf.der)
      openssl.run('x509', '-inform', 'DER', '-in', 'leaf.der', '-out', 'leaf.pem')
      const verdict = openssl.run(
        'verify',
        ...atTime(),
        '-CAfile',
        'Far Root.crt',
        '-untrusted',
        'campus.crt',
        'leaf.pem',
      )
      expect(verdict.toString()).toContain('leaf.pem: OK')
      await expect(portal.groups.create(admin, { name: 'Second', issuer: issuer.slug })).rejects.toMatchObject({
        code: 'conflict',
        reason: 'issuer_taken',
      })
      expect((await portal.groups.list(admin)).map(({ name }) => name)).toEqual(['Campus'])
    })

    test('the list of an offline root comes in newer each time, and revokes the issuers that it names', async () => {
      openssl.root('List Root')
      await importRoot('List Root')
      openssl.issuer('listed', 'List Root', { subject: '/O=Example/CN=Listed Issuer' })
      const issuer = await imports().importPkcs12(admin, openssl.pkcs12('listed', PASSWORD), password())
      const group = await portal.groups.create(admin, { name: 'Listed', issuer: issuer.slug })
      const list = (number: number, revoked: string[] = [], days = 180) =>
        openssl.crl('List Root', { number, revoked, days })
      expect(await imports().importCrl(admin, 'list-root', list(0))).toEqual({ number: '0', revoked: [] })
      expect(await imports().importCrl(admin, 'list-root', list(5))).toEqual({ number: '5', revoked: [] })
      for (const number of [5, 4])
        await expect(imports().importCrl(admin, 'list-root', list(number))).rejects.toMatchObject({
          reason: 'older_list',
        })
      const served = await portal.stores.status.crl('list-root', null)
      expect(served).toMatchObject({ number: 5n })
      await portal.status.publishDueCrls()
      expect(await portal.stores.status.crl('list-root', null)).toMatchObject({ number: 5n })

      const { result, trail } = await portal.trailOf(() => imports().importCrl(admin, 'list-root', list(6, ['listed'])))
      expect(result).toEqual({ number: '6', revoked: ['Listed Issuer'] })
      expect(trail.map(({ type }) => type)).toEqual(['ca.crl_imported', 'ca.revoked'])
      expect(await portal.groups.get(admin, group.slug)).toMatchObject({
        issuer: { status: 'revoked' },
        endpoints: [{ enabled: false }],
      })
      await expect(portal.enrol(group.endpoints[0]?.id ?? '', newDevice())).rejects.toMatchObject({
        reason: expect.any(String),
      })
    })

    test('an issuer that calls its key like that of another one does not come in', async () => {
      const group = await portal.createGroup('Impersonated')
      const certificate = parseCertificate(fromPem(group.issuer.certificatePem)[0] ?? new Uint8Array())
      const keyId = Buffer.from(subjectKeyIdOf(certificate)).toString('hex')
      openssl.root('Sly Root')
      await importRoot('Sly Root')
      openssl.issuer('sly', 'Sly Root', {
        subject: '/O=Example/CN=Sly Issuer',
        extensions: [
          ...ISSUER_EXTENSIONS.filter((each) => !each.startsWith('subjectKey')),
          `subjectKeyIdentifier=${keyId}`,
        ],
      })
      const refused = imports().importPkcs12(admin, openssl.pkcs12('sly', PASSWORD), password())
      await expect(refused).rejects.toMatchObject({ code: 'invalid_input', reason: 'key_identifier_known' })
    })

    test('an issuer that the list of its root names already does not come in', async () => {
      openssl.root('Wary Root')
      await importRoot('Wary Root')
      openssl.issuer('lost', 'Wary Root', { subject: '/O=Example/CN=Lost Issuer' })
      await imports().importCrl(admin, 'wary-root', openssl.crl('Wary Root', { number: 1, revoked: ['lost'] }))
      const { result: refused, trail } = await portal.trailOf(() =>
        imports()
          .importPkcs12(admin, openssl.pkcs12('lost', PASSWORD), password())
          .catch((error: unknown) => error),
      )
      expect(refused).toMatchObject({ code: 'invalid_input', reason: 'revoked', fields: { file: expect.any(String) } })
      expect(trail).toEqual([])
    })

    test('a list of another authority, an altered one and one of the future change nothing', async () => {
      openssl.root('Strict Root')
      openssl.root('Other Root')
      await importRoot('Strict Root')
      const list = openssl.crl('Strict Root', { number: 1 })
      const altered = Buffer.from(openssl.run('crl', '-in', openssl.write('good.crl', list), '-outform', 'DER'))
      altered[altered.length - 5] = (altered.at(-5) ?? 0) ^ 1
      const unread = Buffer.from(openssl.run('crl', '-in', 'good.crl', '-outform', 'DER'))
      // Its authorityKeyIdentifier becomes a SET.
      unread[unread.indexOf(Buffer.from('551d23041830', 'hex')) + 5] = 0x31
      const refused: [Uint8Array, string][] = [
        [openssl.crl('Other Root', { number: 1 }), 'another_issuer'],
        [altered, 'signature'],
        [unread, 'crl_malformed'],
        [openssl.crl('Strict Root', { number: 1, extensions: PART_OF_A_LIST }), 'partial_list'],
        [Buffer.from('no list'), 'not_a_certificate_file'],
        [openssl.read('Strict Root.crt'), 'unexpected_block'],
      ]
      for (const [file, reason] of refused)
        await expect(imports().importCrl(admin, 'strict-root', file)).rejects.toMatchObject({ reason })
      portal.time.now = new Date(Date.now() + 400 * DAY_MS)
      await expect(imports().importCrl(admin, 'strict-root', list)).rejects.toMatchObject({ reason: 'expired' })
      portal.time.now = tomorrow()
      await expect(imports().importCrl(admin, 'root', list)).rejects.toMatchObject({ reason: 'key_is_here' })
      expect(await portal.stores.status.crl('strict-root', null)).toBeNull()
    })

    test('a root comes in with its key, and signs the issuers of new groups from the day it is chosen', async () => {
      openssl.root('Keyed Root')
      const secret = password()
      const file = openssl.pkcs12('Keyed Root', PASSWORD)
      const { result: root, trail } = await portal.trailOf(() => imports().importPkcs12(admin, file, secret))
      expect(root).toMatchObject({ kind: 'root', key: 'here', origin: 'imported' })
      expect(trail.map(({ type }) => type)).toEqual(['key.imported', 'ca.imported'])
      expect([...secret]).toEqual([...Buffer.alloc(secret.length)])
      await imports().chooseForNewIssuers(admin, root.slug)
      const group = await portal.createGroup('Under the imported root')
      expect(group.issuer.parentId).toBe(root.id)
      openssl.write('own-issuer.pem', group.issuer.certificatePem)
      const verdict = openssl.run('verify', ...atTime(), '-CAfile', 'Keyed Root.crt', 'own-issuer.pem')
      expect(verdict.toString()).toContain('own-issuer.pem: OK')
      await expect(imports().chooseForNewIssuers(admin, 'plain-root')).rejects.toMatchObject({
        reason: 'key_elsewhere',
      })
    })

    test("a root's key leaves as a sealed file, and nothing is signed until it is back", async () => {
      openssl.root('Safe Root')
      const root = await imports().importPkcs12(admin, openssl.pkcs12('Safe Root', PASSWORD), password())
      await imports().chooseForNewIssuers(admin, root.slug)
      const sealed = await imports().sealedKey(admin, root.slug)
      await expect(imports().takeOffline(admin, root.slug, Buffer.from('{}'))).rejects.toMatchObject({
        code: 'invalid_input',
      })
      await imports().takeOffline(admin, root.slug, sealed)
      // A crash before the key was wiped: the same request finishes it.
      await imports().takeOffline(admin, root.slug, sealed)
      const list = openssl.crl('Safe Root', { number: 9 })
      await expect(imports().importCrl(admin, root.slug, list)).rejects.toMatchObject({ reason: 'key_is_here' })
      const shown = async () => (await portal.groups.authorities(admin)).find(({ id }) => id === root.id)
      expect(await shown()).toMatchObject({ key: 'offline' })
      await expect(portal.createGroup('Too early')).rejects.toMatchObject({ code: 'conflict', reason: 'key_elsewhere' })
      const { trail } = await portal.trailOf(() => imports().bringBack(admin, root.slug, sealed))
      expect(trail.map(({ type }) => type)).toEqual(['ca.key_brought_back'])
      expect(await shown()).toMatchObject({ key: 'here' })
      expect((await portal.createGroup('In time')).issuer.parentId).toBe(root.id)
    })

    test.each([
      [
        'no authority',
        ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,keyCertSign,cRLSign'],
        'not_an_authority',
      ],
      [
        'one that may not sign lists',
        ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'],
        'key_usage',
      ],
      [
        'one below which there may be none',
        ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=keyCertSign,cRLSign'],
        'path_length',
      ],
      [
        'one that may sign OCSP answers',
        [...ROOT_EXTENSIONS, 'extendedKeyUsage=OCSPSigning,clientAuth'],
        'ocsp_signing',
      ],
      ['one for servers alone', [...ROOT_EXTENSIONS, 'extendedKeyUsage=serverAuth'], 'extended_key_usage'],
      [
        'one with limits to names',
        [...ROOT_EXTENSIONS, 'nameConstraints=critical,permitted;DNS:example.com'],
        'critical_extension',
      ],
      [
        'one with something critical that nobody knows',
        [...ROOT_EXTENSIONS, '1.2.3.4=critical,ASN1:NULL'],
        'critical_extension',
      ],
    ])('a root certificate that is %s does not come in', async (_, extensions, reason) => {
      openssl.root('refused', { extensions })
      await expect(importRoot('refused')).rejects.toMatchObject({ code: 'invalid_input', reason })
    })

    test('weak keys, old signatures, other files and private keys do not come in', async () => {
      openssl.root('small', { key: ['-newkey', 'rsa:1024'] })
      openssl.root('weak', { key: ['-newkey', 'rsa:2048', '-pkeyopt', 'rsa_keygen_pubexp:3'] })
      openssl.root('odd', { key: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521'] })
      openssl.root('sha1', { key: ['-newkey', 'rsa:2048'], digest: '-sha1' })
      openssl.root('one')
      openssl.root('two')
      openssl.issuer('child', 'one')
      const unread = Buffer.from(openssl.der('one'))
      // Its subjectKeyIdentifier becomes a PrintableString.
      unread[unread.indexOf(Buffer.from('551d0e04160414', 'hex')) + 5] = 0x13
      const both = Buffer.concat([openssl.read('one.crt'), openssl.read('two.crt')])
      const withKey = Buffer.concat([openssl.read('one.crt'), openssl.read('one.key')])
      const refused: [Uint8Array, string][] = [
        [openssl.read('small.crt'), 'key_algorithm'],
        [openssl.read('weak.crt'), 'weak_key'],
        [openssl.read('odd.crt'), 'key_algorithm'],
        [openssl.read('sha1.crt'), 'signature_algorithm'],
        [unread, 'certificate_malformed'],
        [openssl.read('child.crt'), 'not_a_root'],
        [both, 'many_certificates'],
        [withKey, 'holds_a_private_key'],
        [new Uint8Array(), 'no_file'],
        [Buffer.from('hello'), 'not_a_certificate_file'],
        [Buffer.concat([openssl.der('one'), Buffer.from([0])]), 'certificate_malformed'],
      ]
      for (const [file, reason] of refused)
        await expect(imports().importRoot(admin, file)).rejects.toMatchObject({ code: 'invalid_input', reason })
      const sizes = [Buffer.alloc(400_000, 0x30)]
      for (const file of sizes)
        await expect(imports().importRoot(admin, file)).rejects.toMatchObject({ reason: 'too_large' })
    })

    test('a certificate for another request, by a stranger, of an authority in between or too long does not come in', async () => {
      openssl.root('Short Root', { days: 400 })
      await importRoot('Short Root')
      openssl.root('Stranger', { subject: '/O=Example/CN=Short Root' })
      const request = await imports().createRequest(admin, { name: 'Refused Issuing CA', issuerKey: 'p256' })
      const csr = fromPem(request.csrPem)[0] ?? new Uint8Array()
      openssl.issuer('another', 'Short Root', { days: 200 })
      openssl.root('Unknown Root')
      openssl.issuer('between', 'Short Root', {
        days: 300,
        extensions: [
          'basicConstraints=critical,CA:TRUE',
          'keyUsage=critical,keyCertSign,cRLSign',
          'subjectKeyIdentifier=hash',
        ],
      })
      const between = Buffer.concat([openssl.sign('under', 'between', csr, { days: 200 }), openssl.read('between.crt')])
      const refused: [Uint8Array, string][] = [
        [openssl.read('another.crt'), 'key_mismatch'],
        [openssl.sign('strange', 'Stranger', csr, { days: 200 }), 'another_issuer_key'],
        [openssl.sign('orphan', 'Unknown Root', csr, { days: 200 }), 'root_unknown'],
        [between, 'not_signed_by_a_root'],
        [openssl.sign('long', 'Short Root', csr, { days: 500 }), 'validity'],
        [
          openssl.sign('leaf', 'Short Root', csr, { days: 200, extensions: ['basicConstraints=critical,CA:FALSE'] }),
          'not_an_authority',
        ],
      ]
      for (const [file, reason] of refused)
        await expect(imports().acceptCertificate(admin, request.id, file)).rejects.toMatchObject({ reason })
      const { trail } = await portal.trailOf(() => imports().withdrawRequest(admin, request.id))
      expect(trail.map(({ type }) => type)).toEqual(['ca.request.withdrawn'])
      await expect(imports().withdrawRequest(admin, request.id)).rejects.toMatchObject({ code: 'not_found' })
    })

    test('a PKCS#12 brings its root along, its key once, and leaves nothing of what is refused', async () => {
      openssl.root('Chain Root')
      openssl.issuer('chained', 'Chain Root', { subject: '/O=Example/CN=Chained Issuer' })
      const whole = openssl.pkcs12('chained', PASSWORD, { chain: ['Chain Root'] })
      const alone = openssl.pkcs12('chained', PASSWORD)
      await expect(imports().importPkcs12(admin, alone, password())).rejects.toMatchObject({ reason: 'root_unknown' })
      const wrong = imports().importPkcs12(admin, whole, Buffer.from('wrong'))
      await expect(wrong).rejects.toMatchObject({ fields: { password: 'The password does not open this file.' } })
      const issuer = await imports().importPkcs12(admin, whole, password())
      const all = await portal.groups.authorities(admin)
      const root = all.find(({ id }) => id === issuer.parentId)
      expect(root).toMatchObject({ name: 'Chain Root', key: 'elsewhere', origin: 'imported' })
      expect(Buffer.from(issuer.fingerprintSha256, 'hex')).toEqual(
        createHash('sha256').update(openssl.der('chained')).digest(),
      )
      expect(parseCertificate(fromPem(issuer.certificatePem)[0] ?? new Uint8Array()).isCa).toBe(true)
      await expect(imports().importPkcs12(admin, whole, password())).rejects.toMatchObject({ reason: 'known' })
      openssl.issuer('small', 'Chain Root', { key: ['-newkey', 'rsa:2048'] })
      const small = imports().importPkcs12(admin, openssl.pkcs12('small', PASSWORD), password())
      await expect(small).rejects.toMatchObject({ reason: 'weak_key' })
    })

    more(() => ({ portal, openssl, backing }))

    test.each(['operator', 'auditor'] as const)('an %s changes nothing here', async (role) => {
      const somebody = actor(role)
      const file = new Uint8Array()
      const id = crypto.randomUUID()
      const tries = [
        imports().importRoot(somebody, file),
        imports().createRequest(somebody, { name: 'Nobody' }),
        imports().withdrawRequest(somebody, id),
        imports().acceptCertificate(somebody, id, file),
        imports().importPkcs12(somebody, file, password()),
        imports().importCrl(somebody, 'root', file),
        imports().chooseForNewIssuers(somebody, 'root'),
        imports().sealedKey(somebody, 'root'),
        imports().takeOffline(somebody, 'root', file),
        imports().bringBack(somebody, 'root', file),
      ]
      for (const each of tries) await expect(each).rejects.toMatchObject({ code: 'forbidden' })
      expect(await imports().requests(somebody)).toEqual([])
    })
  })
}
