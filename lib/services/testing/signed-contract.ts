/** Challenges that somebody else signs: whole enrolments, and every way to forge, bend or repeat one. In memory and on Postgres. */
import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
  randomBytes,
  randomUUID,
} from 'node:crypto'
import { CompactEncrypt, CompactSign, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keyGeneratedEvent } from '@/lib/services/certificate-events'
import type { EncryptionKey, MinterRequest, PublishedKeys } from '@/lib/services/minters'
import { type EnrolmentBacking, type EnrolmentPortal, enrolmentPortal, type Told } from './enrolment'
import { actor } from './harness'

const LIMITS = {
  operations: { count: 10_000, seconds: 60 },
  wrongChallenges: { count: 10_000, seconds: 600 },
  guessesAtEndpoint: { count: 10_000, seconds: 600 },
  decryptionFailures: { count: 10, seconds: 300 },
  recordedFailures: 10_000,
}
const REJECTED = { pkiStatus: 'FAILURE', failInfo: 2, failInfoText: 'challenge rejected' }
const SUCCESS = { pkiStatus: 'SUCCESS' }

export function signedContract(name: string, open: () => Promise<EnrolmentBacking>): void {
  describe(`signed challenges ${name}`, () => {
    const ed = generateKeyPairSync('ed25519')
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const stranger = generateKeyPairSync('ed25519')
    let backing: EnrolmentBacking
    let portal: EnrolmentPortal
    let published: PublishedKeys
    let minterId: string
    let now: number

    beforeAll(async () => {
      backing = await open()
      portal = await enrolmentPortal(backing, { limits: LIMITS, patienceMilliseconds: 20_000 })
      // Rows end by the database's clock, and tokens by that of the portal: here both are the same.
      portal.time.now = backing.now()
      now = Math.floor(portal.time.now.getTime() / 1_000)
      minterId = (await register()).id
      const keys = await portal.minters.publishedKeys(portal.slug)
      if (keys === null) throw new Error('no key is published')
      published = keys
    })
    afterAll(() => backing.close())

    const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid })
    const pasted = () => ({ jwks: JSON.stringify({ keys: [jwk(ed.publicKey, 'ed'), jwk(ec.publicKey, 'ec')] }) })
    const register = (more: Partial<MinterRequest> = {}, keys: Pick<MinterRequest, 'jwks' | 'jwksUrl'> = pasted()) =>
      portal.minters.create(actor('admin'), {
        name: 'Fleet MDM',
        issuer: 'https://mdm.example.com',
        ...keys,
        endpoints: [portal.slug],
        subjectTemplate: 'CN=*,O=Example',
        sanTypes: ['dns'],
        maxTtlMinutes: 60,
        ...more,
      })
    const claims = (more: object = {}) => ({
      iss: 'https://mdm.example.com',
      aud: published.aud,
      iat: now,
      exp: now + 600,
      jti: randomUUID(),
      csr: { subject: 'CN=tablet-7,O=Example' },
      ...more,
    })
    const sign = (
      payload: object | string,
      header: object = { alg: 'EdDSA', kid: 'ed' },
      key: KeyObject = ed.privateKey,
    ) =>
      new CompactSign(Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)))
        .setProtectedHeader(header as { alg: string })
        .sign(key)
    const encrypt = async (
      jws: string,
      keys: PublishedKeys = published,
      alg: EncryptionKey['alg'] = 'ECDH-ES',
      header: object = {},
    ) => {
      const key = keys.keys.find((each) => each.alg === alg)
      if (!key) throw new Error('no key')
      return new CompactEncrypt(Buffer.from(jws))
        .setProtectedHeader({ alg, enc: 'A256GCM', kid: key.kid, cty: 'JWT', ...header })
        .encrypt(await importJWK({ ...key }, alg))
    }
    const token = async (more: object = {}) => encrypt(await sign(claims(more)))
    const enrol = async (told: Told) => (await portal.device({ key: 'ec', ...told })).enrol()
    const refusalOf = async (challenge: string, told: Told = {}) => {
      const { result, full } = await portal.eventsOf(() => enrol({ challenge, ...told }))
      expect(result).toMatchObject(REJECTED)
      const last = full.findLast(({ outcome }) => outcome !== 'success')
      return { reason: last?.reason, detail: String(last?.data.detail ?? ''), full }
    }
    const newest = async () => {
      const { items } = await portal.challenges.list(actor('auditor'), { endpoint: portal.slug }, { limit: 200 })
      return items.filter(({ format }) => format === 'signed')
    }

    test('an endpoint publishes keys to encrypt to as soon as somebody may mint for it, and stays with them', async () => {
      expect(published).toEqual({
        keys: [
          {
            kty: 'EC',
            crv: 'P-256',
            x: expect.any(String),
            y: expect.any(String),
            kid: expect.any(String),
            use: 'enc',
            alg: 'ECDH-ES',
          },
          {
            kty: 'RSA',
            n: expect.stringMatching(/^[\w-]{512}$/),
            e: 'AQAB',
            kid: expect.any(String),
            use: 'enc',
            alg: 'RSA-OAEP-256',
          },
        ],
        enc: 'A256GCM',
        aud: 'https://portal.example.com/scep/staff',
      })
      const other = await portal.createGroup(`Nobody's ${name}`)
      expect(await portal.minters.publishedKeys(other.endpoint.slug)).toBeNull()
      expect(await portal.minters.publishedKeys('nowhere')).toBeNull()
      await portal.minters.update(actor('admin'), minterId, { endpoints: [portal.slug] })
      expect(await portal.minters.publishedKeys(portal.slug)).toEqual(published)
    })

    test.each([
      ['EdDSA', () => sign(claims())],
      ['EdDSA by its new name', () => sign(claims(), { alg: 'Ed25519', kid: 'ed' })],
      ['ES256', () => sign(claims(), { alg: 'ES256', kid: 'ec' }, ec.privateKey)],
      ['an audience in a list of one', () => sign(claims({ aud: [published.aud] }))],
      [
        'a subject in parts',
        () =>
          sign(
            claims({
              csr: {
                subject: [
                  { type: 'CN', value: 'tablet-7' },
                  { type: 'O', value: 'Example' },
                ],
              },
            }),
          ),
      ],
    ] as const)('signed with %s enrols, and shows who minted it', async (_, signed) => {
      const challenge = await encrypt(await signed())
      const { result, events } = await portal.eventsOf(() => enrol({ challenge }))
      expect(result).toMatchObject(SUCCESS)
      expect(events.slice(0, 2)).toEqual(['challenge.accepted', 'challenge.reserved'])
      expect((await newest())[0]).toMatchObject({
        state: 'consumed',
        format: 'signed',
        mintedBy: 'Fleet MDM',
        mintedVia: 'signed',
        certificate: { serial: expect.any(String) },
      })
    })

    test('encrypted with RSA-OAEP-256 it enrols as well, and is spent whichever key it was encrypted to', async () => {
      const jws = await sign(claims())
      expect(await enrol({ challenge: await encrypt(jws, published, 'RSA-OAEP-256') })).toMatchObject(SUCCESS)
      expect((await refusalOf(await encrypt(jws))).reason).toBe('challenge_replayed')
      expect((await refusalOf(await encrypt(jws, published, 'RSA-OAEP-256'))).reason).toBe('challenge_replayed')
    })

    test('an endpoint that had one key only gets the other when a minter of it is saved', async () => {
      const { endpoint } = await portal.createGroup(`Older ${name}`)
      const store = backing.minters.minters
      const give = async () => {
        const request = { purpose: 'challenge', algorithm: 'p256', ownerId: endpoint.id } as const
        const made = await portal.signer.generateKey(request)
        await store.giveKey(
          endpoint.id,
          'encryptionKeyId',
          made.keyId,
          keyGeneratedEvent(actor('admin'), { ...request, ...made }),
        )
      }
      await give()
      const older = await portal.minters.publishedKeys(endpoint.slug)
      expect(older?.keys.map(({ alg }) => alg)).toEqual(['ECDH-ES'])
      const unknown = await encrypt(await sign(claims()), published, 'RSA-OAEP-256')
      expect((await refusalOf(unknown, { endpoint: endpoint.slug })).reason).toBe('challenge_unknown')
      const { full } = await portal.eventsOf(() => register({ issuer: `older ${name}`, endpoints: [endpoint.slug] }))
      expect(full.map(({ type }) => type)).toEqual(['key.generated', 'minter.created'])
      await give()
      const { keys } = (await portal.minters.publishedKeys(endpoint.slug)) ?? { keys: [] }
      expect(keys.map(({ alg }) => alg)).toEqual(['ECDH-ES', 'RSA-OAEP-256'])
      expect(keys[0]).toEqual(older?.keys[0])
    })

    test('whatever is wrong with the RSA encryption, the refusal is that of an unknown challenge', async () => {
      const jws = await sign(claims())
      const whole = await encrypt(jws, published, 'RSA-OAEP-256')
      const [head = '', wrapped = '', ...rest] = whole.split('.')
      const rsa = published.keys.find(({ kty }) => kty === 'RSA')
      if (!rsa) throw new Error('no RSA key')
      const publicKey = createPublicKey({ key: { ...rsa }, format: 'jwk' })
      const wrap = (key: Buffer, hash = 'sha256') =>
        publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, key)
      const pkcs1 = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, randomBytes(32))
      const headed = (header: object) =>
        Buffer.from(JSON.stringify({ enc: 'A256GCM', ...header })).toString('base64url')
      const withKey = (key: Uint8Array) => [head, Buffer.from(key).toString('base64url'), ...rest].join('.')
      const stranger = generateKeyPairSync('rsa', { modulusLength: 3072 }).publicKey
      const made = [
        ...[0, 255, 511].map((at) => {
          const letters = [...wrapped]
          letters[at] = letters[at] === 'A' ? 'B' : 'A'
          return [head, letters.join(''), ...rest].join('.')
        }),
        withKey(wrap(randomBytes(32))),
        withKey(wrap(randomBytes(16))),
        withKey(wrap(Buffer.alloc(0))),
        withKey(wrap(randomBytes(32), 'sha1')),
        withKey(pkcs1),
        withKey(Buffer.alloc(384)),
        withKey(Buffer.alloc(384, 255)),
        withKey(randomBytes(383)),
        withKey(randomBytes(4_000)),
        [head, '', ...rest].join('.'),
        [headed({ alg: 'RSA1_5' }), wrapped, ...rest].join('.'),
        [headed({ alg: 'RSA-OAEP' }), wrapped, ...rest].join('.'),
        [headed({ alg: 'ECDH-ES' }), wrapped, ...rest].join('.'),
        await new CompactEncrypt(Buffer.from(jws))
          .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
          .encrypt(stranger),
        await encrypt(jws, published, 'RSA-OAEP-256', { enc: 'A128GCM' }),
      ]
      const before = (await newest()).length
      for (const challenge of made) {
        const { reason, full } = await refusalOf(challenge)
        expect([reason, full.length]).toEqual(['challenge_unknown', 1])
      }
      expect(await newest()).toHaveLength(before)
      expect(await enrol({ challenge: whole })).toMatchObject(SUCCESS)
    })

    test('the same request again gets the same certificate; another key is a second key, with its alarm', async () => {
      const challenge = await token()
      const device = await portal.device({ challenge, key: 'ec' })
      const [first, again] = [await device.enrol(), await device.enrol()]
      expect(again.certificates[0]).toEqual(first.certificates[0])
      const rival = await refusalOf(challenge)
      expect(rival.full.at(-1)).toMatchObject({ type: 'challenge.replayed', data: { alarm: true } })
    })

    test('of fifty devices with one token at once, one is issued', { timeout: 60_000 }, async () => {
      const challenge = await token()
      const devices = await Promise.all(Array.from({ length: 50 }, () => portal.device({ challenge, key: 'ec' })))
      const { result, events } = await portal.eventsOf(() => Promise.all(devices.map((device) => device.enrol())))
      expect(result.filter(({ pkiStatus }) => pkiStatus === 'SUCCESS')).toHaveLength(1)
      expect(events.filter((event) => event === 'challenge.accepted')).toHaveLength(1)
      expect(events.filter((event) => event === 'challenge.replayed challenge_replayed')).toHaveLength(49)
    })

    test('encrypted anew, the same token is spent all the same', async () => {
      const jws = await sign(claims())
      expect(await enrol({ challenge: await encrypt(jws) })).toMatchObject(SUCCESS)
      expect((await refusalOf(await encrypt(jws))).reason).toBe('challenge_replayed')
    })

    test('another token under the same jti is refused, before the first is used and after', async () => {
      const jti = randomUUID()
      const wrong = await refusalOf(await token({ jti, csr: { subject: 'CN=other,O=Example' } }))
      expect(wrong.reason).toBe('subject_mismatch')
      const second = await refusalOf(await token({ jti }))
      expect(second).toMatchObject({ reason: 'token_not_allowed', detail: expect.stringContaining('jti') })
    })

    test('a request that does not fit is counted and gives it back; the right one still enrols', async () => {
      const challenge = await token()
      const { full } = await refusalOf(challenge, { subject: [{ type: 'CN', value: 'admin' }] })
      expect(full.map(({ type }) => type)).toEqual([
        'challenge.accepted',
        'challenge.reserved',
        'challenge.mismatch',
        'challenge.released',
      ])
      expect((await newest())[0]).toMatchObject({ state: 'pending', failedAttempts: 1 })
      expect(await enrol({ challenge })).toMatchObject(SUCCESS)
    })

    test('the third wrong request revokes it', async () => {
      const challenge = await token()
      for (const wrong of ['a', 'b', 'c']) await refusalOf(challenge, { subject: [{ type: 'CN', value: wrong }] })
      expect((await refusalOf(challenge)).reason).toBe('challenge_revoked')
    })

    test('its rules bind like those of a minted one', async () => {
      const csr = { subject: 'CN=tablet-7,O=Example', rules: { keyAlgorithms: ['RSA'] } }
      const challenge = await token({ csr })
      expect((await refusalOf(challenge)).reason).toBe('key_mismatch')
      expect(await enrol({ challenge, key: 0 })).toMatchObject(SUCCESS)
    })

    describe('proves nothing, and sounds like an unknown challenge, when', () => {
      const none = { alg: 'none', kid: 'ed' }
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      test.each<[string, () => Promise<string>, RegExp]>([
        [
          'a stranger signed it',
          () => sign(claims(), { alg: 'EdDSA', kid: 'ed' }, stranger.privateKey),
          /does not verify/,
        ],
        ['nobody signed it', async () => `${part(none)}.${part(claims())}.`, /compact JWS/],
        ['nobody signed it, and says so', async () => `${part(none)}.${part(claims())}.${part({})}`, /header/],
        ['an HMAC with the public key signed it', () => hmac(claims()), /header/],
        [
          'the header brings its own key',
          () => sign(claims(), { alg: 'EdDSA', kid: 'ed', jwk: jwk(stranger.publicKey, 'ed') }, stranger.privateKey),
          /header/,
        ],
        [
          'the header names where its key is',
          () => sign(claims(), { alg: 'EdDSA', kid: 'ed', jku: 'https://evil.example/keys' }, stranger.privateKey),
          /header/,
        ],
        [
          "its algorithm is not the key's",
          () => sign(claims(), { alg: 'ES256', kid: 'ed' }, ec.privateKey),
          /signs with EdDSA/,
        ],
        ["its key is another one's", () => sign(claims(), { alg: 'EdDSA', kid: 'nobody' }), /kid/],
        ['it names no key, and there are two', () => sign(claims(), { alg: 'EdDSA' }), /several keys/],
        ['its issuer is unknown', () => sign(claims({ iss: 'https://evil.example' })), /no minter/],
        ['it has no issuer', () => sign({ ...claims(), iss: undefined }), /no issuer/],
        ['it is no JSON', () => sign('not JSON'), /not JSON/],
        ['it has no jti', () => sign({ ...claims(), jti: undefined }), /claim jti/],
        ['it has no end', () => sign({ ...claims(), exp: undefined }), /claim exp/],
        ['it is for two places', () => sign(claims({ aud: [published.aud, 'https://other.example'] })), /claim aud/],
        [
          'it asks for what we do not know',
          () => sign(claims({ csr: { subject: 'CN=tablet-7,O=Example', mayOnlyBe: 'blue' } })),
          /claim csr/,
        ],
        [
          'its rules are unknown',
          () => sign(claims({ csr: { subject: 'CN=a,O=Example', rules: { colour: 'blue' } } })),
          /claim csr/,
        ],
        ['it is encrypted twice', async () => encrypt(await sign(claims())), /compact JWS/],
      ])('%s', async (_, jws, detail) => {
        const before = (await newest()).length
        const refused = await refusalOf(await encrypt(await jws()))
        expect(refused).toMatchObject({ reason: 'token_invalid', detail: expect.stringMatching(detail) })
        expect(await newest()).toHaveLength(before)
      })

      async function hmac(payload: object): Promise<string> {
        const secret = createPublicKey(ed.privateKey).export({ type: 'spki', format: 'der' })
        return new CompactSign(Buffer.from(JSON.stringify(payload)))
          .setProtectedHeader({ alg: 'HS256', kid: 'ed' })
          .sign(new Uint8Array(secret))
      }
    })

    test.each<[string, () => object, RegExp]>([
      ['for another endpoint', () => ({ aud: 'https://portal.example.com/scep/other' }), /aud/],
      ['for our slug alone', () => ({ aud: 'staff' }), /aud/],
      ['for too long', () => ({ exp: now + 3_601 }), /60 minutes/],
      ['from the future', () => ({ iat: now + 301, exp: now + 600 }), /future/],
      ['not before later', () => ({ nbf: now + 301 }), /future/],
      ['backwards', () => ({ exp: now - 1 }), /not after/],
      [
        'for a subject outside the template',
        () => ({ csr: { subject: 'CN=tablet-7,O=Other' } }),
        /template|does not fit/,
      ],
      [
        'for more parts than the template',
        () => ({ csr: { subject: 'CN=tablet-7,O=Example,OU=Admins' } }),
        /does not fit/,
      ],
      [
        'for parts that the device may add',
        () => ({
          csr: { subject: 'CN=tablet-7,O=Example', rules: { subjectMode: 'template', extraSubjectParts: ['OU'] } },
        }),
        /template/,
      ],
      [
        'for a kind of name that is not its own',
        () => ({ csr: { subject: 'CN=tablet-7,O=Example', san: [{ type: 'upn', value: 'admin@example.com' }] } }),
        /upn/,
      ],
      [
        'for a usage beyond the profile',
        () => ({ csr: { subject: 'CN=tablet-7,O=Example', rules: { extendedKeyUsage: ['1.3.6.1.5.5.7.3.3'] } } }),
        /profile/,
      ],
      ['for nobody', () => ({ csr: { subject: '' } }), /Name the device|does not fit/],
      ['with a variable left in', () => ({ csr: { subject: 'CN=$SERIAL,O=Example' } }), /\$SERIAL/],
    ])('a minter may not mint %s', async (_, more, detail) => {
      const refused = await refusalOf(await token(more()))
      expect(refused).toMatchObject({ reason: 'token_not_allowed', detail: expect.stringMatching(detail) })
    })

    test.each([
      ['over by less than the tolerance', { iat: -900, exp: -200 }, true],
      ['begun by a clock that is ahead', { iat: 200, exp: 800 }, true],
      ['over by more', { iat: -900, exp: -301 }, false],
    ])('a token %s: %o, enrols: %s', async (_, { iat, exp }, enrols) => {
      const challenge = await token({ iat: now + iat, exp: now + exp })
      if (enrols) return expect(await enrol({ challenge })).toMatchObject(SUCCESS)
      expect((await refusalOf(challenge)).reason).toBe('challenge_expired')
    })

    test('a minter that is switched off mints no more, and on again it does', async () => {
      const challenge = await token()
      const { events } = await portal.eventsOf(() => portal.minters.setEnabled(actor('admin'), minterId, false))
      expect(events).toEqual(['minter.disabled'])
      expect(await refusalOf(challenge)).toMatchObject({
        reason: 'token_not_allowed',
        detail: 'the minter is switched off',
      })
      await portal.minters.setEnabled(actor('admin'), minterId, true)
      expect(await enrol({ challenge })).toMatchObject(SUCCESS)
    })

    test('a minter mints for its own endpoints alone, and each of them opens what was encrypted to it', async () => {
      const other = await portal.createGroup(`Foreign ${name}`)
      const [signer, issuer] = [generateKeyPairSync('ed25519'), `https://other.example/${name}`]
      const jwks = JSON.stringify(jwk(signer.publicKey, 'only'))
      await register({ issuer, jwks, endpoints: [other.endpoint.slug] })
      const keys = await portal.minters.publishedKeys(other.endpoint.slug)
      if (keys === null) throw new Error('no key is published')
      const make = (aud: string) => sign(claims({ iss: issuer, aud }), { alg: 'EdDSA' }, signer.privateKey)
      expect(await refusalOf(await encrypt(await make(published.aud)))).toMatchObject({
        reason: 'token_not_allowed',
        detail: expect.stringContaining('this endpoint'),
      })
      const challenge = await encrypt(await make(keys.aud), keys)
      expect((await refusalOf(challenge)).reason).toBe('challenge_unknown')
      expect(await enrol({ challenge, endpoint: other.endpoint.slug })).toMatchObject(SUCCESS)
    })

    test('beyond its hourly share a minter mints no more; what it has minted still enrols', async () => {
      const signer = generateKeyPairSync('ed25519')
      const issuer = `https://busy.example/${name}`
      await register({ issuer, jwks: JSON.stringify(jwk(signer.publicKey, 'k')), perHour: 2 })
      const make = async () =>
        encrypt(await sign(claims({ iss: issuer }), { alg: 'EdDSA', kid: 'k' }, signer.privateKey))
      const first = await make()
      await refusalOf(first, { subject: [{ type: 'CN', value: 'wrong' }] })
      expect(await enrol({ challenge: await make() })).toMatchObject(SUCCESS)
      expect(await refusalOf(await make())).toMatchObject({
        reason: 'token_not_allowed',
        detail: expect.stringContaining('hour'),
      })
      expect(await enrol({ challenge: first })).toMatchObject(SUCCESS)
    })

    test('whatever is altered, cut or made up is refused in the same words and leaves no challenge', {
      timeout: 60_000,
    }, async () => {
      const whole = await token()
      const before = (await newest()).length
      const altered = Array.from({ length: 40 }, (_, round) => {
        const at = Math.floor(((round + 0.5) / 40) * whole.length)
        return whole.slice(0, at) + (whole[at] === 'A' ? 'B' : 'A') + whole.slice(at + 1)
      }).filter((text) => text.split('.').length === 5)
      const parts = whole.split('.')
      const made = [
        ...altered,
        parts.toReversed().join('.'),
        [parts[0], 'QUJD', ...parts.slice(2)].join('.'),
        parts.map(() => randomBytes(40).toString('base64url')).join('.'),
        `${Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')}..${parts.slice(2).join('.')}`,
        `${Buffer.from('[]').toString('base64url')}.${parts.slice(1).join('.')}`,
        await encrypt(randomBytes(9_000).toString('base64url')),
        await encrypt(`${'a.'.repeat(2_000)}a`),
      ]
      for (const challenge of made) {
        const { reason } = await refusalOf(challenge)
        expect(['challenge_unknown', 'token_invalid']).toContain(reason)
      }
      expect(await newest()).toHaveLength(before)
      expect(await enrol({ challenge: whole })).toMatchObject(SUCCESS)
    })

    test('no token is in an event, in a row, or in the log', async () => {
      const challenge = await token({ jti: 'canary-of-the-token' })
      const jws = await sign(claims())
      await refusalOf(await encrypt(`${jws}x`))
      expect(await enrol({ challenge })).toMatchObject(SUCCESS)
      const seen = JSON.stringify([
        await backing.events(),
        await newest(),
        portal.logged,
        await portal.minters.list(actor('admin')),
      ])
      for (const secret of [challenge, challenge.split('.')[3] ?? challenge, jws, jws.split('.')[2] ?? jws])
        expect(seen.includes(secret)).toBe(false)
    })

    describe('registering', () => {
      const refused = (more: Partial<MinterRequest>, field: string) =>
        expect(register({ issuer: randomUUID(), ...more })).rejects.toMatchObject({
          fields: { [field]: expect.any(String) },
        })

      test('shows the names of keys and no more, and says so to the trail', async () => {
        const { result, full } = await portal.eventsOf(() => register({ issuer: `shown ${name}` }))
        expect(result).toMatchObject({
          keys: [
            { kid: 'ed', algorithm: 'EdDSA', thumbprint: expect.stringMatching(/^[\w-]{43}$/) },
            { kid: 'ec', algorithm: 'ES256', thumbprint: expect.stringMatching(/^[\w-]{43}$/) },
          ],
          jwksUrl: null,
          endpoints: [{ slug: portal.slug }],
          subjectTemplate: 'CN=*,O=Example',
          disabledAt: null,
          lastUsedAt: null,
        })
        expect(full).toMatchObject([{ type: 'minter.created', data: { keys: ['EdDSA ed', 'ES256 ec'] } }])
        expect((await portal.minters.get(actor('auditor'), minterId)).lastUsedAt).not.toBeNull()
      })

      test('one issuer is one minter', () =>
        expect(register()).rejects.toMatchObject({ code: 'conflict', fields: { issuer: expect.any(String) } }))

      test.each<[string, Partial<MinterRequest>, string]>([
        ['a private key', { jwks: JSON.stringify(ed.privateKey.export({ format: 'jwk' })) }, 'jwks'],
        [
          'an RSA key',
          {
            jwks: JSON.stringify(
              generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }),
            ),
          },
          'jwks',
        ],
        ['a shared secret', { jwks: '{"kty":"oct","k":"AAAA"}' }, 'jwks'],
        [
          'two keys of one name',
          { jwks: JSON.stringify({ keys: [jwk(ed.publicKey, 'a'), jwk(ec.publicKey, 'a')] }) },
          'jwks',
        ],
        [
          'a point off the curve',
          { jwks: JSON.stringify({ kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'B'.repeat(43) }) },
          'jwks',
        ],
        ['no keys', { jwks: '{"keys":[]}' }, 'jwks'],
        ['neither keys nor an address', { jwks: ' ', jwksUrl: ' ' }, 'jwks'],
        ['no JSON', { jwks: '-----BEGIN PUBLIC KEY-----' }, 'jwks'],
        ['no name', { name: ' ' }, 'name'],
        ['no endpoint', { endpoints: [] }, 'endpoints'],
        ['an endpoint that is not there', { endpoints: ['nowhere'] }, 'endpoints'],
        ['a template that is none', { subjectTemplate: 'tablets' }, 'subjectTemplate'],
        ['a life of more than a day', { maxTtlMinutes: 1_441 }, 'maxTtlMinutes'],
        ['no challenges at all', { perHour: 0 }, 'perHour'],
      ])('%s is refused for its field', (_, more, field) => refused(more, field))

      test('an operator may look and not change; new keys end the old ones', async () => {
        const signer = generateKeyPairSync('ed25519')
        const issuer = `rotating ${name}`
        const { id } = await register({ issuer, jwks: JSON.stringify(jwk(ed.publicKey, 'old')) })
        await expect(portal.minters.update(actor('operator'), id, { name: 'Mine' })).rejects.toMatchObject({
          code: 'forbidden',
        })
        const { full } = await portal.eventsOf(() =>
          portal.minters.update(actor('admin'), id, { jwks: JSON.stringify(jwk(signer.publicKey, 'new')), perHour: 5 }),
        )
        expect(full).toMatchObject([{ type: 'minter.updated', data: { keys: ['EdDSA new'], perHour: 5 } }])
        const old = await sign(claims({ iss: issuer }), { alg: 'EdDSA', kid: 'old' })
        expect((await refusalOf(await encrypt(old))).reason).toBe('token_invalid')
        const fresh = await sign(claims({ iss: issuer }), { alg: 'EdDSA', kid: 'new' }, signer.privateKey)
        expect(await enrol({ challenge: await encrypt(fresh) })).toMatchObject(SUCCESS)
        await expect(portal.minters.get(actor('admin'), randomUUID())).rejects.toMatchObject({ code: 'not_found' })
      })
    })

    describe('keys at an address', () => {
      const JWKS_URL = 'https://mdm.example.com/jwks.json'
      const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const publish = (body: object | string, status = 200, url = JWKS_URL) =>
        portal.web.set(url, {
          answered: true,
          status,
          body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
          address: '192.0.2.1',
        })
      const several = () => ({
        keys: [
          jwk(rsa.publicKey, 'rsa'),
          { ...jwk(ed.publicKey, 'ed'), use: 'sig', alg: 'EdDSA' },
          { ...jwk(ec.publicKey, 'to-encrypt'), use: 'enc' },
          { ...jwk(ec.publicKey, 'ec'), key_ops: ['verify'] },
        ],
      })

      test('are fetched once and pinned: what is published later changes nothing', async () => {
        const issuer = `fetched ${name}`
        publish(several())
        const before = portal.asked.length
        const { result, full } = await portal.eventsOf(() => register({ issuer }, { jwksUrl: `${JWKS_URL}#keys` }))
        expect(result).toMatchObject({ jwksUrl: JWKS_URL, keys: [{ kid: 'ed' }, { kid: 'ec' }] })
        expect(full).toMatchObject([
          { type: 'minter.created', data: { keys: ['EdDSA ed', 'ES256 ec'], jwksUrl: JWKS_URL } },
        ])
        publish({ keys: [jwk(stranger.publicKey, 'ed')] })
        expect(await enrol({ challenge: await token({ iss: issuer }) })).toMatchObject(SUCCESS)
        const theirs = await sign(claims({ iss: issuer }), { alg: 'EdDSA', kid: 'ed' }, stranger.privateKey)
        expect((await refusalOf(await encrypt(theirs))).reason).toBe('token_invalid')
        await portal.minters.update(actor('admin'), result.id, { name: 'Still the same keys' })
        expect(portal.asked.slice(before)).toEqual([JWKS_URL])
        expect(await portal.minters.get(actor('auditor'), result.id)).toMatchObject({ jwksUrl: JWKS_URL })
      })

      test('may be looked at first, and what was shown is what is pinned', async () => {
        publish(several())
        const { result: shown, events } = await portal.eventsOf(() =>
          portal.minters.fetchKeys(actor('admin'), ` ${JWKS_URL} `),
        )
        expect(events).toEqual([])
        expect(shown).toMatchObject({ url: JWKS_URL, leftOut: 2, keys: [{ kid: 'ed' }, { kid: 'ec' }] })
        publish({ keys: [jwk(stranger.publicKey, 'another')] })
        const pinned = await register({ issuer: `shown first ${name}` }, { jwks: shown.jwks, jwksUrl: shown.url })
        expect(pinned).toMatchObject({ keys: shown.keys, jwksUrl: JWKS_URL })
        await expect(portal.minters.fetchKeys(actor('operator'), JWKS_URL)).rejects.toMatchObject({ code: 'forbidden' })
      })

      test('replace the old ones when an administrator asks for it; pasted ones forget the address', async () => {
        publish({ keys: [jwk(ed.publicKey, 'first')] })
        const { id } = await register({ issuer: `fetched again ${name}` }, { jwksUrl: JWKS_URL })
        publish({ keys: [jwk(ec.publicKey, 'second')] })
        const { full } = await portal.eventsOf(() =>
          portal.minters.update(actor('admin'), id, { jwks: '', jwksUrl: JWKS_URL }),
        )
        expect(full).toMatchObject([{ type: 'minter.updated', data: { keys: ['ES256 second'], jwksUrl: JWKS_URL } }])
        const after = await portal.minters.update(actor('admin'), id, {
          jwks: JSON.stringify(jwk(ed.publicKey, 'third')),
        })
        expect(after).toMatchObject({ keys: [{ kid: 'third' }], jwksUrl: null })
      })

      test.each<[string, () => unknown, RegExp]>([
        ['nobody answers', () => portal.web.delete(JWKS_URL), /cannot be fetched. Cannot connect/],
        ['it is not there', () => publish('not found', 404), /HTTP 404/],
        ['it leads elsewhere', () => publish('', 302), /redirects are not followed/],
        ['it is a page', () => publish('<!doctype html>'), /not a JWK set/],
        ['it is one key', () => publish(jwk(ed.publicKey, 'ed')), /not a JWK set/],
        ['its keys are none', () => publish({ keys: ['ed'] }), /not a JWK set/],
        ['it is empty', () => publish({ keys: [] }), /No key there is usable/],
        [
          'all its keys are of other kinds',
          () => publish({ keys: [jwk(rsa.publicKey, 'rsa')] }),
          /No key there is usable/,
        ],
        [
          'a private key is among others',
          () => publish({ keys: [jwk(ec.publicKey, 'ec'), jwk(ed.privateKey, 'ed')] }),
          /private key.*considered disclosed/,
        ],
        [
          'a private key is there that would be left out',
          () => publish({ keys: [jwk(ec.publicKey, 'ec'), jwk(rsa.privateKey, 'rsa')] }),
          /private key.*considered disclosed/,
        ],
        [
          'two keys have one name',
          () => publish({ keys: [jwk(ec.publicKey, 'a'), jwk(ed.publicKey, 'a')] }),
          /two have the same/,
        ],
        [
          'a key is off its curve',
          () => publish({ keys: [{ kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'B'.repeat(43) }] }),
          /curve/,
        ],
        [
          'they are too many',
          () => publish({ keys: Array.from({ length: 21 }, (_, index) => jwk(ec.publicKey, `${index}`)) }),
          /At most 20/,
        ],
      ])('are refused in one sentence when %s, and nothing is registered', async (_, arrange, sentence) => {
        arrange()
        const issuer = randomUUID()
        const { events } = await portal.eventsOf(() =>
          expect(register({ issuer }, { jwksUrl: JWKS_URL })).rejects.toMatchObject({
            code: 'invalid_input',
            fields: { jwksUrl: expect.stringMatching(sentence) },
          }),
        )
        expect(events).toEqual([])
        expect((await portal.minters.list(actor('auditor'))).some((minter) => minter.issuer === issuer)).toBe(false)
      })

      test.each([
        'mdm',
        'file:///etc/passwd',
        'https://me:secret@mdm.example.com/',
        `https://a.example/${'a'.repeat(2_048)}`,
      ])('%s is no address to ask', async (jwksUrl) => {
        const before = portal.asked.length
        await expect(register({ issuer: randomUUID() }, { jwksUrl })).rejects.toMatchObject({
          fields: { jwksUrl: expect.any(String) },
        })
        expect(portal.asked).toHaveLength(before)
      })
    })
  })
}
