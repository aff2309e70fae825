/** The profile with CA certificates: well-formed, complete, and the same again when nothing changed. */
import { describe, expect, test } from 'vitest'
import { readPropertyList } from '@/e2e/fixtures/property-list'
import { appleTrustProfile, type ProfileCertificate, type TrustProfile } from './apple-profile'
import { propertyList } from './property-list'

const root: ProfileCertificate = {
  kind: 'root',
  name: 'Example Root CA',
  fileName: 'root.cer',
  der: new Uint8Array([48, 1, 0]),
}
const issuer: ProfileCertificate = {
  kind: 'issuer',
  name: 'Staff Issuing CA',
  fileName: 'staff.cer',
  der: new Uint8Array([48, 1, 1]),
}
const profile: TrustProfile = { organisation: 'Example', group: 'staff', certificates: [root, issuer] }

interface Payload {
  PayloadType: string
  PayloadVersion: number
  PayloadIdentifier: string
  PayloadUUID: string
  PayloadContent: Buffer
}
type Envelope = Omit<Payload, 'PayloadContent'> & { PayloadContent: Payload[] }

const read = (of: TrustProfile) => readPropertyList(appleTrustProfile(of)) as unknown as Envelope

describe('the profile', () => {
  test('has the five keys that Apple requires, and the certificates as DER', () => {
    const envelope = read(profile)
    expect(envelope).toMatchObject({
      PayloadType: 'Configuration',
      PayloadVersion: 1,
      PayloadOrganization: 'Example',
      PayloadContent: [
        { PayloadType: 'com.apple.security.root', PayloadVersion: 1, PayloadCertificateFileName: 'root.cer' },
        { PayloadType: 'com.apple.security.pkcs1', PayloadVersion: 1, PayloadCertificateFileName: 'staff.cer' },
      ],
    })
    expect(envelope.PayloadContent.map(({ PayloadContent }) => [...PayloadContent])).toEqual([
      [48, 1, 0],
      [48, 1, 1],
    ])
    const all = [envelope, ...envelope.PayloadContent]
    for (const { PayloadUUID } of all) expect(PayloadUUID).toMatch(/^[0-9A-F]{8}-([0-9A-F]{4}-){3}[0-9A-F]{12}$/)
    expect(new Set(all.map(({ PayloadUUID }) => PayloadUUID)).size).toBe(3)
    expect(new Set(all.map(({ PayloadIdentifier }) => PayloadIdentifier)).size).toBe(3)
  })

  test('is the same byte for byte when it is made again', () => {
    expect(appleTrustProfile(profile)).toEqual(appleTrustProfile({ ...profile, certificates: [root, issuer] }))
  })

  test('with a new issuer replaces the profile before it, and keeps the payload of the root', () => {
    const [before, after] = [
      read(profile),
      read({ ...profile, certificates: [root, { ...issuer, der: new Uint8Array([48, 1, 2]) }] }),
    ]
    expect([after.PayloadIdentifier, after.PayloadUUID]).toEqual([before.PayloadIdentifier, before.PayloadUUID])
    expect(after.PayloadContent[0]).toEqual(before.PayloadContent[0])
    expect(after.PayloadContent[1]?.PayloadUUID).not.toBe(before.PayloadContent[1]?.PayloadUUID)
  })

  test('of another group stands beside it: no identifier and no UUID is shared', () => {
    const [one, other] = [read(profile), read({ ...profile, group: 'guests' })]
    const ids = [one, other].flatMap((envelope) =>
      [envelope, ...envelope.PayloadContent].flatMap(({ PayloadUUID, PayloadIdentifier }) => [
        PayloadUUID,
        PayloadIdentifier,
      ]),
    )
    expect(new Set(ids).size).toBe(ids.length)
  })
})

test.each(['A & B <Ltd>', '"quoted"', ']]>', 'Ärzte 学生 🔑', 'a\u0000b\ud800c'])(
  'the text %j leaves a well-formed document',
  (text) => {
    const clean = text.replace('\u0000', '\uFFFD').replace('\ud800', '\uFFFD')
    expect(readPropertyList(propertyList({ [text]: text }))).toEqual({ [clean]: clean })
  },
)

test('every kind of value is read back as it was written', () => {
  const value = { text: 'x', number: 7, yes: true, no: false, list: ['a', ['b']], none: [], bytes: Buffer.from('key') }
  expect(readPropertyList(propertyList(value))).toEqual(value)
})
