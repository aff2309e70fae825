/** The trust page: what it shows of which issuer, that it stays cheap, and who may switch it off. */
import { createHash, X509Certificate } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { openssl } from '@/e2e/fixtures/openssl'
import { fromPem } from '@/lib/pki/certificate'
import { actor, DAY_MS, type Installation, installation, memoryBacking } from './testing/harness'
import { createTrust, type TrustRecord, type TrustStore } from './trust'

const admin = actor('admin')
let portal: Installation
let root: X509Certificate
let issuer: X509Certificate

beforeEach(async () => {
  portal = installation(memoryBacking())
  root = new X509Certificate((await portal.setUp()).certificatePem)
  issuer = new X509Certificate((await portal.createGroup()).issuer.certificatePem)
})

const later = (ms: number) => {
  portal.time.now = new Date(portal.time.now.getTime() + ms)
}

async function file(name: string, slug = 'staff') {
  const found = (await portal.trust.page(slug))?.files.get(name)
  if (!found) throw new Error(`no ${name}`)
  return Buffer.from(found.body)
}

describe('the page', () => {
  test('says who the root and the issuer are, and nothing else', async () => {
    const page = await portal.trust.page('staff')
    expect(page).toMatchObject({
      group: 'staff',
      url: 'https://portal.example.com/trust/staff',
      organisation: 'Example',
      root: { standing: 'root', slug: 'root', name: 'Example Root CA', fingerprintSha256: digest('sha256', root) },
      issuers: [
        {
          standing: 'issuer',
          slug: 'staff',
          name: 'Staff Issuing CA',
          fingerprintSha256: digest('sha256', issuer),
          fingerprintSha1: digest('sha1', issuer),
          activatesAt: null,
        },
      ],
    })
    const keys = ['group', 'url', 'organisation', 'root', 'otherRoots', 'issuers', 'files']
    expect(Object.keys(page ?? {})).toEqual(keys)
  })

  test('offers the certificates as openssl reads them', async () => {
    for (const [name, form, certificate] of [
      ['root.pem', 'PEM', root],
      ['root.cer', 'DER', root],
      ['issuer.pem', 'PEM', issuer],
      ['issuer.cer', 'DER', issuer],
    ] as const) {
      const shown = openssl(['x509', '-inform', form, '-noout', '-fingerprint', '-sha256'], await file(name)).toString()
      expect(shown.trim().split('=')[1], name).toBe(certificate.fingerprint256)
    }
    expect(fromPem((await file('chain.pem')).toString()).map((der) => Buffer.from(der))).toEqual([issuer.raw, root.raw])
    const printed = openssl(['pkcs7', '-inform', 'DER', '-print_certs'], await file('chain.p7b')).toString()
    expect(printed.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)).toEqual(
      [issuer, root].map((certificate) => certificate.toString().trim()),
    )
  })

  test.each(['nobody', 'root', 'Staff', ''])('of the name %j does not exist', async (slug) => {
    expect(await portal.trust.page(slug)).toBeNull()
  })

  test('of a group whose issuer is revoked shows the root alone', async () => {
    const { issuer: view } = await portal.groups.get(admin, 'staff')
    const { store } = counted({ revoked: view?.id ?? '' })
    const page = await createTrust({ ...portal.deps, store }).page('staff')
    expect(page?.issuers).toEqual([])
    expect([...(page?.files.keys() ?? [])]).toEqual([
      'root.pem',
      'root.cer',
      'chain.pem',
      'chain.p7b',
      'latchkey.mobileconfig',
    ])
  })
})

describe('issuers beside the present one', () => {
  const statuses = async (held: string[]) => {
    const next = (await portal.createGroup('Next')).issuer
    const earlier = (await portal.createGroup('Earlier')).issuer
    const records = async (): Promise<TrustRecord[]> => [
      ...((await portal.stores.trust.authorities('earlier')) ?? [])
        .filter(({ kind }) => kind === 'issuer')
        .map(retired),
      ...((await portal.stores.trust.authorities('next')) ?? []).filter(({ kind }) => kind === 'issuer').map(staged),
      ...((await portal.stores.trust.authorities('staff')) ?? []),
    ]
    const asked: string[][] = []
    const store: TrustStore = {
      ...portal.stores.trust,
      authorities: records,
      async stillHeld(ids) {
        asked.push(ids)
        return held.includes('earlier') ? [earlier.id] : []
      },
    }
    return { trust: createTrust({ ...portal.deps, store }), asked, next, earlier }
  }
  const activatesAt = new Date('2027-03-01T00:00:00Z')
  const staged = (record: TrustRecord): TrustRecord => ({ ...record, status: 'staged', activatesAt })
  const retired = (record: TrustRecord): TrustRecord => ({ ...record, status: 'retired' })

  test('the next one and an earlier one that devices still hold come along, in that order', async () => {
    const { trust } = await statuses(['earlier'])
    const page = await trust.page('staff')
    expect(page?.issuers.map(({ standing, slug, activatesAt: at }) => [standing, slug, at])).toEqual([
      ['issuer', 'staff', null],
      ['next', 'next', activatesAt],
      ['earlier', 'earlier', null],
    ])
    const chain = fromPem(Buffer.from(page?.files.get('chain.pem')?.body ?? []).toString())
    expect(chain).toHaveLength(4)
    expect(Buffer.from(chain.at(-1) ?? [])).toEqual(root.raw)
    expect(Buffer.from(page?.files.get('issuer.cer')?.body ?? [])).toEqual(issuer.raw)
  })

  test('an earlier one that nobody holds any more is gone within a minute, and is not asked for more often', async () => {
    const held = ['earlier']
    const { trust, asked } = await statuses(held)
    expect((await trust.page('staff'))?.issuers).toHaveLength(3)
    held.pop()
    later(30_000)
    expect((await trust.page('staff'))?.issuers).toHaveLength(3)
    expect(asked).toHaveLength(1)
    later(31_000)
    expect((await trust.page('staff'))?.issuers.map(({ standing }) => standing)).toEqual(['issuer', 'next'])
  })
})

describe('the cost', () => {
  test('a flood of names that nobody has asks the database once a second', async () => {
    const { store, reads } = counted()
    const trust = createTrust({ ...portal.deps, store })
    await Promise.all(Array.from({ length: 5_000 }, (_, index) => trust.page(`nobody-${index}`)))
    for (let index = 0; index < 5_000; index += 1) await trust.page(`somebody-${index}`)
    expect(reads).toEqual(['shown'])
    later(1_001)
    await trust.page('nobody-again')
    expect(reads).toEqual(['shown', 'shown'])
  })

  test('a page is made once for as long as its certificates stay', async () => {
    const first = await portal.trust.page('staff')
    later(DAY_MS)
    expect(await portal.trust.page('staff')).toBe(first)
  })
})

describe('the switch', () => {
  test('hides the page at once, brings it back, and is in the trail once', async () => {
    expect(await portal.trust.setting(actor('auditor'), 'staff')).toEqual({
      enabled: true,
      url: 'https://portal.example.com/trust/staff',
    })
    expect(await portal.trust.page('staff')).not.toBeNull()
    const { trail } = await portal.trailOf(async () => {
      await portal.trust.switchPage(admin, 'staff', false)
      await portal.trust.switchPage(admin, 'staff', false)
    })
    expect(trail).toMatchObject([{ type: 'group.updated', outcome: 'success', object: 'group' }])
    expect(await portal.trust.page('staff')).toBeNull()
    await portal.trust.switchPage(admin, 'staff', true)
    expect(await portal.trust.page('staff')).not.toBeNull()
  })

  test.each(['operator', 'auditor'] as const)('is not for an %s', async (role) => {
    await expect(portal.trust.switchPage(actor(role), 'staff', false)).rejects.toMatchObject({ code: 'forbidden' })
    expect(await portal.trust.page('staff')).not.toBeNull()
  })

  test('of a group that does not exist is refused', async () => {
    await expect(portal.trust.switchPage(admin, 'nobody', false)).rejects.toMatchObject({ code: 'not_found' })
    await expect(portal.trust.setting(admin, 'nobody')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('authorities link to the page of their group while it is on', async () => {
    const { issuer: view } = await portal.groups.get(admin, 'staff')
    const url = 'https://portal.example.com/trust/staff'
    expect([...(await portal.trust.pagesByAuthority(admin))]).toEqual([[view?.id, url]])
    await portal.trust.switchPage(admin, 'staff', false)
    expect([...(await portal.trust.pagesByAuthority(admin))]).toEqual([])
  })
})

/** The installation's store without one authority, and the names of the reads asked of it. */
function counted({ revoked = '' } = {}) {
  const reads: string[] = []
  const { trust } = portal.stores
  const store: TrustStore = {
    ...trust,
    shown() {
      reads.push('shown')
      return trust.shown()
    },
    async authorities(slug) {
      reads.push('authorities')
      return (await trust.authorities(slug))?.filter(({ id }) => id !== revoked) ?? null
    },
  }
  return { store, reads }
}

function digest(algorithm: string, certificate: X509Certificate): string {
  return createHash(algorithm).update(certificate.raw).digest('hex')
}
