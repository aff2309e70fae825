import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openssl, scratchFiles } from '@/e2e/fixtures/openssl'
import { decryptContentKey, makeDevice, makeParties, streamed } from '@/e2e/fixtures/scep-messages'
import { toPem } from '@/lib/pki/certificate'
import { parseDer } from '@/lib/pki/der'
import { encode, octetString, oid, sequence, utf8String } from '@/lib/pki/der-write'
import type { Cipher } from './algorithms'
import { chooseRecipient, type Envelope, openEnvelope, parseEnvelope, sealEnvelope } from './envelope'
import { ScepFault } from './fault'
import { identityOf } from './signed-data'

const { ra, device } = makeParties()
const other = makeDevice()
const TO = identityOf(parseDer(ra.der))
const PLAINTEXT = Buffer.from('certification request, 37 octets long')
const NOISE = Buffer.from('no name')
const pem = (party: typeof ra): string => party.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string

function open(envelope: Envelope, party = ra): Buffer | null {
  const [recipient] = envelope.recipients
  const plaintext = recipient ? openEnvelope(envelope, decryptContentKey(party.privateKey, recipient)) : null
  return plaintext && Buffer.from(plaintext)
}

function kindOf(der: Uint8Array): string {
  try {
    parseEnvelope(der)
    return 'accepted'
  } catch (error) {
    if (error instanceof ScepFault) return error.kind
    throw error
  }
}

const CIPHERS: [Cipher, string][] = [
  ['aes128', 'aes-128-cbc'],
  ['aes192', 'aes-192-cbc'],
  ['aes256', 'aes-256-cbc'],
  ['3des', 'des-ede3-cbc'],
]

describe.each(CIPHERS)('%s', (cipher, name) => {
  test('what we seal, openssl and we open', () => {
    const der = sealEnvelope(PLAINTEXT, TO, cipher)
    const [file = '', key = '', cert = ''] = scratchFiles({
      'envelope.der': der,
      'key.pem': pem(ra),
      'ra.pem': toPem(ra.der),
    })
    expect(
      openssl(['cms', '-decrypt', '-inform', 'DER', '-in', file, '-inkey', key, '-recip', cert, '-binary']),
    ).toEqual(PLAINTEXT)
    expect(open(parseEnvelope(der))).toEqual(PLAINTEXT)
    expect(parseEnvelope(der).cipher).toBe(cipher)
  })

  test.each([
    ['definite', []],
    ['streamed', ['-stream']],
  ])('what openssl seals, %s, we open', (_, options) => {
    const [file = '', cert = ''] = scratchFiles({ plaintext: PLAINTEXT, 'ra.pem': toPem(ra.der) })
    const der = openssl(['cms', '-encrypt', '-binary', '-in', file, `-${name}`, ...options, '-outform', 'DER', cert])
    expect(open(parseEnvelope(der))).toEqual(PLAINTEXT)
  })

  test('every length of plaintext', () => {
    for (const length of [0, 1, 7, 8, 15, 16, 17, 4_096]) {
      const plaintext = randomBytes(length)
      expect(open(parseEnvelope(sealEnvelope(plaintext, TO, cipher)))).toEqual(plaintext)
    }
  })
})

describe('key transport', () => {
  test.each(['sha1', 'sha256', 'sha384', 'sha512'] as const)('OAEP with %s', (oaep) => {
    const envelope = parseEnvelope(sealEnvelope(PLAINTEXT, { ...TO, oaep }, 'aes256'))
    expect(envelope.recipients[0]).toMatchObject({ transport: 'oaep', oaepHash: oaep })
    expect(open(envelope)).toEqual(PLAINTEXT)
  })

  test.each([
    ['SHA-1', 'sha1'],
    ['SHA-256', 'sha256'],
  ])('OAEP by openssl with %s', (_, hash) => {
    const [file = '', cert = ''] = scratchFiles({ plaintext: PLAINTEXT, 'ra.pem': toPem(ra.der) })
    const options = ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', `rsa_oaep_md:${hash}`]
    const der = openssl([
      'cms',
      '-encrypt',
      '-binary',
      '-in',
      file,
      '-aes128',
      '-outform',
      'DER',
      '-recip',
      cert,
      ...options,
    ])
    expect(parseEnvelope(der).recipients[0]).toMatchObject({ transport: 'oaep', oaepHash: hash })
    expect(open(parseEnvelope(der))).toEqual(PLAINTEXT)
  })

  test('OAEP with two hashes is badAlg: node cannot open it', () => {
    const [file = '', cert = ''] = scratchFiles({ plaintext: PLAINTEXT, 'ra.pem': toPem(ra.der) })
    const options = ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256', '-keyopt', 'rsa_mgf1_md:sha1']
    expect(
      kindOf(openssl(['cms', '-encrypt', '-in', file, '-aes128', '-outform', 'DER', '-recip', cert, ...options])),
    ).toBe('badAlg')
  })

  test.each([
    ['single DES', '-des-cbc'],
    ['RC2', '-rc2-128'],
  ])('%s is badAlg', (_, option) => {
    const [file = '', cert = ''] = scratchFiles({ plaintext: PLAINTEXT, 'ra.pem': toPem(ra.der) })
    const args = [
      'cms',
      '-encrypt',
      '-in',
      file,
      option,
      '-outform',
      'DER',
      '-provider',
      'legacy',
      '-provider',
      'default',
      cert,
    ]
    expect(kindOf(openssl(args))).toBe('badAlg')
  })

  test('AES-GCM within EnvelopedData, passwords and key agreement are badAlg', () => {
    const der = Buffer.from(sealEnvelope(PLAINTEXT, TO, 'aes128')).toString('hex')
    expect(kindOf(Buffer.from(der.replace('60864801650304010204', '60864801650304010604'), 'hex'))).toBe('badAlg')
    const [file = ''] = scratchFiles({ plaintext: PLAINTEXT })
    expect(kindOf(openssl(['cms', '-encrypt', '-in', file, '-aes128', '-pwri_password', 'x', '-outform', 'DER']))).toBe(
      'badAlg',
    )
  })
})

describe('recipients', () => {
  const sealed = (): Buffer => {
    const [file = '', first = '', second = ''] = scratchFiles({
      plaintext: PLAINTEXT,
      'a.pem': toPem(other.der),
      'b.pem': toPem(ra.der),
    })
    return openssl(['cms', '-encrypt', '-binary', '-in', file, '-aes128', '-outform', 'DER', first, second])
  }

  test('ours is found among others, in whichever certificate', () => {
    const envelope = parseEnvelope(sealed())
    const chosen = chooseRecipient(envelope, [device.der, ra.der])
    expect(chosen?.certificate).toBe(1)
    expect(chosen && openEnvelope(envelope, decryptContentKey(ra.privateKey, chosen.recipient))).toEqual(PLAINTEXT)
  })

  test('an issuer written another way names the same certificate', () => {
    const issuerDer = sequence(encode(0x31, sequence(oid('2.5.4.3'), utf8String('STAFF  issuer'))))
    const envelope = parseEnvelope(sealEnvelope(PLAINTEXT, { ...TO, issuerDer }, 'aes128'))
    expect(chooseRecipient(envelope, [device.der, ra.der])?.certificate).toBe(1)
  })

  test('an issuer that is no name at all names nobody', () => {
    const envelope = parseEnvelope(
      sealEnvelope(PLAINTEXT, { ...TO, issuerDer: sequence(octetString(NOISE)) }, 'aes128'),
    )
    expect(chooseRecipient(envelope, [device.der, ra.der])?.certificate).toBe(0)
  })

  test('a key identifier names one too', () => {
    const [file = '', cert = ''] = scratchFiles({ plaintext: PLAINTEXT, 'ra.pem': toPem(ra.der) })
    const envelope = parseEnvelope(
      openssl(['cms', '-encrypt', '-binary', '-keyid', '-in', file, '-aes128', '-outform', 'DER', '-recip', cert]),
    )
    expect(envelope.recipients[0]?.kind).toBe('ski')
    expect(chooseRecipient(envelope, [device.der, ra.der])?.certificate).toBe(1)
    expect(open(envelope)).toEqual(PLAINTEXT)
  })

  test('a single one nobody is named by is tried with the active key; of two, none', () => {
    const envelope = parseEnvelope(sealEnvelope(PLAINTEXT, TO, 'aes128'))
    expect(chooseRecipient(envelope, [device.der, other.der])?.certificate).toBe(0)
    expect(chooseRecipient(parseEnvelope(sealed()), [device.der])).toBeNull()
    expect(chooseRecipient(envelope, [])).toBeNull()
  })

  test('more than eight are refused', () => {
    const [file = '', cert = ''] = scratchFiles({ plaintext: PLAINTEXT, 'ra.pem': toPem(ra.der) })
    const many = (count: number): Buffer =>
      openssl(['cms', '-encrypt', '-in', file, '-aes128', '-outform', 'DER', ...Array(count).fill(cert)])
    expect(kindOf(many(8))).toBe('accepted')
    expect(kindOf(many(9))).toBe('badRequest')
  })
})

describe('opening', () => {
  const envelope = parseEnvelope(sealEnvelope(PLAINTEXT, TO, 'aes128'))
  const key = decryptContentKey(ra.privateKey, envelope.recipients[0] ?? ({} as never))

  test('a key of another length, or another key, opens nothing', () => {
    for (const wrong of [new Uint8Array(), key.subarray(1), Buffer.concat([key, key]), randomBytes(16)]) {
      const opened = openEnvelope(envelope, wrong)
      // A random key ends in sound padding once in 256 times; the octets before it are noise all the same.
      expect(opened && Buffer.from(opened).equals(PLAINTEXT)).toBeFalsy()
    }
  })

  test('ciphertext of no whole blocks, none at all, or with wrong padding opens nothing', () => {
    const { ciphertext } = envelope
    expect(openEnvelope({ ...envelope, ciphertext: new Uint8Array() }, key)).toBeNull()
    expect(openEnvelope({ ...envelope, ciphertext: ciphertext.subarray(1) }, key)).toBeNull()
    // Without its last block the text ends in its own octets, which are no padding.
    expect(openEnvelope({ ...envelope, ciphertext: ciphertext.subarray(0, 16) }, key)).toBeNull()
  })

  test('every padding octet is checked', () => {
    const { ciphertext } = envelope
    const padding = ciphertext.length - PLAINTEXT.length
    let opened = 0
    for (let bit = 0; bit < 128; bit++) {
      const changed = Uint8Array.from(ciphertext)
      const at = ciphertext.length - 32 + (bit >> 3)
      changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7))
      // In CBC a flipped bit flips the same bit of the next block: those under the padding must be noticed.
      if (openEnvelope({ ...envelope, ciphertext: changed }, key)) opened++
    }
    expect(opened).toBe((16 - padding) * 8)
  })
})

test.each<[string, (envelope: string) => string]>([
  ['an IV of 15 octets', (hex) => hex.replace(/(060960864801650304010204)10(..)/, '$10f')],
  ['a signed-data', (hex) => hex.replace('2a864886f70d010703', '2a864886f70d010702')],
  ['nothing', () => ''],
])('%s is badRequest', (_, change) => {
  expect(kindOf(Buffer.from(change(Buffer.from(sealEnvelope(PLAINTEXT, TO, 'aes128')).toString('hex')), 'hex'))).toBe(
    'badRequest',
  )
})

test('a streamed envelope with its ciphertext in pieces', () => {
  const der = streamed(sealEnvelope(PLAINTEXT, TO, 'aes128'))
  const hex = Buffer.from(der).toString('hex')
  const ciphertext = Buffer.from(parseEnvelope(der).ciphertext)
  const pieces = Buffer.concat([
    Buffer.from('a080', 'hex'),
    octetString(ciphertext.subarray(0, 5)),
    octetString(ciphertext.subarray(5)),
    Buffer.alloc(2),
  ])
  const cut = hex.replace(Buffer.from(encode(0x80, ciphertext)).toString('hex'), pieces.toString('hex'))
  expect(open(parseEnvelope(Buffer.from(cut, 'hex')))).toEqual(PLAINTEXT)
})
