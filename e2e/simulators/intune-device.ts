/** A device as Intune manages it: the certification request that its profile makes it send. Shares no code with the product. */
import { createHash, createPublicKey, type KeyObject, webcrypto } from 'node:crypto'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { arrayBuffer } from './intune-challenge'
import type { ExpectedRequest, ExpectedSan } from './intune-world'

const engine = new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto as unknown as Crypto })
const NAME_OIDS: Record<string, string> = {
  CN: '2.5.4.3',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  E: '1.2.840.113549.1.9.1',
}
const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
]
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** What an ordinary profile for Wi-Fi asks for. */
export const wifiProfile = (commonName: string, sans: ExpectedSan[] = []): ExpectedRequest => ({
  subject: `CN=${commonName},O=Example`,
  sans,
  keyUsage: ['digitalSignature', 'keyEncipherment'],
  ekus: [CLIENT_AUTH],
  keyLength: 2048,
})

export interface DeviceRequest extends ExpectedRequest {
  challenge?: string
  /** RSA. */
  privateKey: KeyObject
  /** Others that it would like to have, as values of OID and DER. */
  extensions?: { oid: string; critical?: boolean; value: Uint8Array }[]
  /** How Windows says how long it should be valid, such as Years and 1. */
  validity?: { period: string; units: string }
}

/** PKCS #10, DER. */
export async function deviceRequest(wanted: DeviceRequest): Promise<Uint8Array> {
  const request = new pkijs.CertificationRequest({ version: 0, attributes: [] })
  for (const part of wanted.subject === '' ? [] : wanted.subject.split(',')) {
    const [name = '', value = ''] = part.split(/=(.*)/s)
    const type = NAME_OIDS[name] ?? name
    request.subject.typesAndValues.push(
      new pkijs.AttributeTypeAndValue({ type, value: new asn1js.Utf8String({ value }) }),
    )
  }
  const spki = createPublicKey(wanted.privateKey).export({ type: 'spki', format: 'der' })
  request.subjectPublicKeyInfo = pkijs.PublicKeyInfo.fromBER(arrayBuffer(spki))
  if (wanted.challenge !== undefined)
    request.attributes?.push(attribute('1.2.840.113549.1.9.7', new asn1js.PrintableString({ value: wanted.challenge })))
  const extensions = extensionsOf(wanted)
  if (extensions.length > 0)
    request.attributes?.push(attribute('1.2.840.113549.1.9.14', new pkijs.Extensions({ extensions }).toSchema()))
  for (const [name, value] of pairsOf(wanted.validity))
    request.attributes?.push(attribute('1.3.6.1.4.1.311.13.2.1', namedValue(name, value)))
  const pkcs8 = wanted.privateKey.export({ type: 'pkcs8', format: 'der' })
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
  await request.sign(key as CryptoKey, 'SHA-256', engine)
  return new Uint8Array(request.toSchema(true).toBER(false))
}

/** As SCEP clients name a transaction: by the key of the request. */
export function transactionIdOf(privateKey: KeyObject): string {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(spki).digest('hex').toUpperCase()
}

function extensionsOf({ sans = [], keyUsage, ekus, extensions = [] }: DeviceRequest): pkijs.Extension[] {
  const extension = (extnID: string, value: asn1js.BaseBlock, critical = false) =>
    new pkijs.Extension({ extnID, critical, extnValue: value.toBER(false) })
  return [
    ...(sans.length > 0
      ? [extension('2.5.29.17', new asn1js.Sequence({ value: sans.map(generalName) as asn1js.AsnType[] }))]
      : []),
    ...(keyUsage ? [extension('2.5.29.15', keyUsageBits(keyUsage), true)] : []),
    ...(ekus ? [extension('2.5.29.37', new pkijs.ExtKeyUsage({ keyPurposes: ekus }).toSchema())] : []),
    ...extensions.map(
      ({ oid, critical = false, value }) =>
        new pkijs.Extension({ extnID: oid, critical, extnValue: arrayBuffer(value) }),
    ),
  ]
}

function generalName({ type, value }: ExpectedSan): asn1js.BaseBlock {
  const text = (tagNumber: number) =>
    new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex: arrayBuffer(Buffer.from(value)) })
  switch (type) {
    case 'email':
      return text(1)
    case 'dns':
      return text(2)
    case 'uri':
      return text(6)
    case 'upn':
      return tagged(
        new asn1js.ObjectIdentifier({ value: '1.3.6.1.4.1.311.20.2.3' }),
        tagged(new asn1js.Utf8String({ value })),
      )
  }
}

const tagged = (...value: asn1js.BaseBlock[]) =>
  new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: value as asn1js.AsnType[] })

function keyUsageBits(names: readonly string[]): asn1js.BitString {
  const bits = names.map((name) => KEY_USAGES.indexOf(name))
  const octet = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0)
  return new asn1js.BitString({ valueHex: Uint8Array.of(octet).buffer, unusedBits: 7 - Math.max(...bits) })
}

function pairsOf(validity: DeviceRequest['validity']): [string, string][] {
  if (validity === undefined) return []
  return [
    ['ValidityPeriod', validity.period],
    ['ValidityPeriodUnits', validity.units],
  ]
}

function namedValue(name: string, value: string): asn1js.Sequence {
  const text = (content: string) => new asn1js.BmpString({ value: content })
  return new asn1js.Sequence({ value: [text(name), text(value)] })
}

const attribute = (type: string, value: asn1js.AsnType) => new pkijs.Attribute({ type, values: [value] })
