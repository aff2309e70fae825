/** Authorities from elsewhere on Postgres, and what follows for rollovers and for who else reads the tree. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseCertificate } from '@/lib/pki/certificate'
import { createAuthorityImports } from '@/lib/services/authority-import'
import type { AuthorityImportStore, AuthorityImports } from '@/lib/services/authority-import-types'
import { createRollover, rolloverActor } from '@/lib/services/rollover'
import { authorityImportContract } from '@/lib/services/testing/authority-import-contract'
import { actor, DAY_MS, newDevice } from '@/lib/services/testing/harness'
import { authorityImportStore } from './authority-imports'
import { rolloverStore } from './rollover'
import { postgresBacking } from './testing/postgres-backing'

const ada = actor('admin')
const password = () => Buffer.from('correct horse')

authorityImportContract('authorities from elsewhere, on Postgres', postgresBacking, (surroundings) => {
  test('an issuer that waits becomes the next one of a group, and takes over on its day', async () => {
    const { portal, openssl, backing } = surroundings()
    openssl.root('Next Root')
    openssl.issuer('next', 'Next Root', { subject: '/O=Example/CN=Next Issuing CA' })
    const file = openssl.pkcs12('next', 'correct horse', { chain: ['Next Root'] })
    const issuer = await portal.authorityImports.importPkcs12(ada, file, password())
    const group = await portal.createGroup('Rolling')
    const rollover = createRollover({ ...portal.deps, store: rolloverStore(backing.database) })
    const activatesAt = new Date(portal.time.now.getTime() + 30 * DAY_MS)
    const staged = await rollover.stage(ada, group.slug, { activatesAt, issuer: issuer.slug })
    expect(staged.next).toMatchObject({ ready: true, issuer: { id: issuer.id, status: 'staged', activatesAt } })
    await expect(rollover.stage(ada, group.slug, { activatesAt, issuer: issuer.slug })).rejects.toMatchObject({
      reason: 'staged_already',
    })
    const other = await portal.createGroup('Also rolling')
    await expect(rollover.stage(ada, other.slug, { activatesAt, issuer: issuer.slug })).rejects.toMatchObject({
      reason: 'issuer_taken',
    })
    // Both roots are there for who has to trust the one before the other is gone.
    portal.time.now = new Date(portal.time.now.getTime() + 2_000)
    const page = await portal.trust.page(group.slug)
    expect([page?.root.slug, ...(page?.otherRoots ?? []).map(({ slug }) => slug)]).toEqual([
      expect.any(String),
      'next-root',
    ])
    expect(page?.issuers.map(({ slug }) => slug)).toEqual([group.issuer.slug, issuer.slug])

    const today = portal.time.now
    portal.time.now = new Date(activatesAt.getTime() + 1_000)
    expect(await rollover.advance(rolloverActor())).toBe(1)
    const leaf = await portal.enrol(group.endpoint.id, newDevice('rolled'))
    openssl.write('rolled.der', leaf.der)
    openssl.run('x509', '-inform', 'DER', '-in', 'rolled.der', '-out', 'rolled.pem')
    const time = ['-attime', String(Math.floor(portal.time.now.getTime() / 1000))]
    const verdict = openssl.run('verify', ...time, '-CAfile', 'Next Root.crt', '-untrusted', 'next.crt', 'rolled.pem')
    expect(verdict.toString()).toContain('rolled.pem: OK')
    portal.time.now = today
  })

  test('an import whose key was replaced by another import of the same file records nothing', async () => {
    const { portal, openssl, backing } = surroundings()
    openssl.root('Raced Root')
    const file = openssl.pkcs12('Raced Root', 'correct horse')
    const { spki } = parseCertificate(openssl.der('Raced Root'))
    await backing.database.key.create({
      data: {
        ...{ id: crypto.randomUUID(), purpose: 'root', algorithm: 'p256', ownerId: crypto.randomUUID(), kekId: 'kek' },
        publicKey: Buffer.from(spki),
        spkiSha256: createHash('sha256').update(spki).digest(),
        wrappedDek: Buffer.from('w'),
        ciphertext: Buffer.from('c'),
      },
    })
    const { result: refused, trail } = await portal.trailOf(() =>
      portal.authorityImports.importPkcs12(ada, file, password()).catch((error: unknown) => error),
    )
    expect(refused).toMatchObject({ code: 'conflict', reason: 'changed' })
    expect(trail).toEqual([])
  })

  test('an issuer and a list of its root that come in at once know of one another', async () => {
    const { portal, openssl, backing } = surroundings()
    openssl.root('Busy Root')
    const root = await portal.authorityImports.importRoot(ada, openssl.read('Busy Root.crt'))
    openssl.issuer('busy', 'Busy Root', { subject: '/O=Example/CN=Busy Issuer' })
    const store = authorityImportStore(backing.database)
    const imports = (more: Partial<AuthorityImportStore>) =>
      createAuthorityImports({ ...portal.deps, store: { ...store, ...more }, clock: () => portal.time.now })
    const list = (number: number) => openssl.crl('Busy Root', { number, revoked: ['busy'] })
    const issuer = (by: AuthorityImports) => by.importPkcs12(ada, openssl.pkcs12('busy', 'correct horse'), password())

    // The list comes in after it was looked for, and then the issuer after the issuers were.
    const late = imports({
      async newestList(id) {
        const before = await store.newestList(id)
        await portal.authorityImports.importCrl(ada, root.slug, openssl.crl('Busy Root', { number: 1 }))
        return before
      },
    })
    await expect(issuer(late)).rejects.toMatchObject({ code: 'conflict', reason: 'changed' })
    let came = false
    const early = imports({
      async revokedSerials(id, now) {
        if (!came) await issuer(portal.authorityImports)
        came = true
        return store.revokedSerials(id, now)
      },
    })
    await expect(early.importCrl(ada, root.slug, list(2))).rejects.toMatchObject({
      code: 'conflict',
      reason: 'changed',
    })
    expect(await early.importCrl(ada, root.slug, openssl.read('Busy Root.crl'))).toEqual({
      number: '2',
      revoked: ['Busy Issuer'],
    })
  })

  test('an imported issuer gets its list and its responder like any other; a root without its key gets neither', async () => {
    const { portal, openssl } = surroundings()
    openssl.root('Served Root')
    openssl.issuer('served', 'Served Root', { subject: '/O=Example/CN=Served Issuing CA' })
    const file = openssl.pkcs12('served', 'correct horse', { chain: ['Served Root'] })
    const issuer = await portal.authorityImports.importPkcs12(ada, file, password())
    await portal.status.publishDueCrls()
    await portal.ocspResponders.renewEnding(ada)
    const all = await portal.groups.authorities(ada)
    expect(all.find(({ id }) => id === issuer.id)).toMatchObject({ crl: { number: '1' }, ocspResponder: {} })
    expect(all.find(({ id }) => id === issuer.parentId)).toMatchObject({ crl: null, ocspResponder: null })
    const list = await portal.stores.status.crl(issuer.slug, null)
    openssl.write('served-list.der', list?.der ?? new Uint8Array())
    const args = ['-inform', 'DER', '-in', 'served-list.der', '-noout', '-CAfile', 'served.crt']
    expect(openssl.run('crl', ...args, '-text').toString()).toContain('Served Issuing CA')
  })
})
