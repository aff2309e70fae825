/**
 * Message work and cryptography of an enrolment by themselves: every byte read and written, every check of services and
 * signer, every signature made and verified, but no HTTP, no database and no socket between the processes.
 */
import { createHash, randomBytes } from 'node:crypto'
import { makeIssuer, makeRegistrationAuthority, makeRoot, rsaKey, type TestKey, URLS } from '@/e2e/fixtures/chain'
import { SigningKey } from '@/lib/adapters/keys/signing-key'
import { certificateToSign } from '@/lib/adapters/keys/signing-policy'
import type { CertificateRecord } from '@/lib/adapters/keys/signing-rows'
import { assembleCertificate, verifyCertificateSignature } from '@/lib/pki/certificate'
import { parseCsr, verifyCsr } from '@/lib/pki/csr'
import { keyIdentifier } from '@/lib/pki/key'
import { OID } from '@/lib/pki/oid'
import { leafExtensions } from '@/lib/pki/profile'
import { chooseRecipient, openEnvelope, parseEnvelope, parsePkiMessage, sealSuccess } from '@/lib/scep/message'
import { type CertificateIntent, drawIntent } from '@/lib/services/certificate-intent'
import { checkPolicy, matchNames } from '@/lib/services/challenge-match'
import type { KeyAlgorithm, KeyPurpose } from '@/lib/services/signer'
import { type IssuerKind, issuerKeyPair, meanCost, type PrivateCost, privateOperations } from './primitives'
import { type DeviceKey, makeRequests } from './requests'

const EKU = [OID.clientAuth]
const CURVES = ['P-256', 'P-384', 'P-521']
const YEAR_DAYS = 365
/** Half of the messages warm up what compiles as it runs. The others alternate with the private operations, a slice at a time. */
const SLICES = 20
const MESSAGES_OF_A_SLICE = 25

export interface WorkCost {
  privateOperations: PrivateCost
  /** CPU milliseconds of one enrolment. */
  allWork: number
}

/** Both in turns, for the pace of a machine changes from one second to the next, and with it any ratio of the two. */
export async function workCost(kind: IssuerKind, devices: DeviceKey[]): Promise<WorkCost> {
  const station = makeStation(kind)
  const operations = privateOperations(kind)
  const names = Array.from({ length: 2 * SLICES * MESSAGES_OF_A_SLICE }, (_, n) => ({
    commonName: `bench-${n}`,
    challenge: 'A'.repeat(32),
  }))
  const requests = makeRequests({ path: '', recipient: station.ra.der, issuer: station.issuer.der }, devices, names)
  await answerAll(requests.splice(0, SLICES * MESSAGES_OF_A_SLICE))
  const costs: PrivateCost[] = []
  let milliseconds = 0
  for (let slice = 0; slice < SLICES; slice++) {
    costs.push(operations(MESSAGES_OF_A_SLICE))
    const before = process.threadCpuUsage()
    await answerAll(requests.splice(0, MESSAGES_OF_A_SLICE))
    const { user, system } = process.threadCpuUsage(before)
    milliseconds += (user + system) / 1_000
  }
  return { privateOperations: meanCost(costs), allWork: milliseconds / SLICES / MESSAGES_OF_A_SLICE }

  async function answerAll(messages: { body: Uint8Array }[]): Promise<void> {
    for (const { body } of messages) await station.answer(body)
  }
}

function makeStation(kind: IssuerKind) {
  const root = makeRoot(rsaKey(3072), 'sha256WithRSA')
  const pair = issuerKeyPair(kind)
  const issuerKey: TestKey = {
    privateKey: pair.privateKey,
    spki: pair.publicKey.export({ format: 'der', type: 'spki' }),
  }
  const issuer = makeIssuer(root, issuerKey, kind === 'p256' ? 'ecdsaWithSHA256' : 'sha256WithRSA')
  const raKey = rsaKey()
  const ra = makeRegistrationAuthority(issuer, raKey)
  const ownerId = crypto.randomUUID()
  const signing = taken(issuerKey, kind, 'issuer', ownerId)
  const opening = taken(raKey, 'rsa2048', 'ra', crypto.randomUUID())
  const authority = {
    id: ownerId,
    slug: 'staff',
    keyAlgorithm: kind,
    subjectDer: issuer.subjectDer,
    subjectKeyId: keyIdentifier(issuer.spki),
    notBefore: issuer.notBefore,
    notAfter: issuer.notAfter,
  }
  const rules = {
    minRsaBits: 2048,
    ellipticCurves: CURVES,
    extendedKeyUsage: EKU,
    usageOutsideProfile: 'drop',
  } as const
  const profile = { extendedKeyUsage: EKU, minRsaBits: 2048, curves: CURVES, maxValidityDays: YEAR_DAYS + 1 }
  return { issuer, ra, answer }

  async function answer(body: Uint8Array): Promise<Uint8Array> {
    const message = parsePkiMessage(body)
    const envelope = parseEnvelope(message.envelope ?? new Uint8Array())
    const chosen = chooseRecipient(envelope, [ra.der])
    const contentKey = opening.decrypt(chosen?.recipient.encryptedKey ?? new Uint8Array())
    const plaintext = openEnvelope(envelope, contentKey ?? randomBytes(16))
    if (plaintext === null) throw new Error('The envelope does not open.')
    const certificate = issue(plaintext)
    const { issuerDer, serial, spki } = message.signer
    return sealSuccess(
      {
        ...message,
        recipientNonce: message.senderNonce,
        digest: 'sha256',
        ra: { certificateDer: ra.der },
        sign: async (attributes) => opening.signScepReply('sha256', attributes),
        cipher: envelope.cipher,
        signer: { issuerDer, serial, spki },
      },
      [certificate],
    )
  }

  function issue(request: Uint8Array): Uint8Array {
    const csr = parseCsr(request)
    if (!verifyCsr(csr)) throw new Error('The request is not signed by its key.')
    const [name] = csr.subject
    const constraints = { v: 1, subject: [{ type: 'CN', value: name?.value ?? '' }], san: [] } as const
    if (!checkPolicy(csr, { ...rules, ellipticCurves: [...CURVES] }).allowed) throw new Error('Refused by policy.')
    if (!matchNames(csr, { ...constraints, subject: [...constraints.subject], san: [] }).matches)
      throw new Error('Refused by its challenge.')
    const now = new Date()
    const intent = drawIntent({
      kind: 'leaf',
      authority,
      subjectDer: csr.subjectDer,
      spki: csr.spki,
      notBefore: now,
      notAfter: new Date(now.getTime() + YEAR_DAYS * 86_400_000),
      extensions: leafExtensions({
        spki: csr.spki,
        authorityKeyId: authority.subjectKeyId,
        ...URLS,
        san: [],
        extendedKeyUsage: EKU,
        subjectEmpty: false,
      }),
      profile,
      now,
    })
    const tbs = certificateToSign(recordOf(intent), signing, null)
    const certificate = assembleCertificate(tbs, signing.signCertificate(tbs))
    if (!verifyCertificateSignature(certificate, issuer.spki)) throw new Error('The signature does not verify.')
    return certificate
  }

  /** What the signer would read from the database. */
  function recordOf(intent: CertificateIntent): CertificateRecord {
    const endpoint = { id: ownerId, authorityId: ownerId, previousAuthorityId: null, ...profile }
    return {
      id: intent.id,
      kind: 'leaf',
      state: 'intent',
      serial: intent.serial,
      tbs: Buffer.from(intent.tbs),
      tbsSha256: Buffer.from(intent.tbsSha256),
      spkiSha256: Buffer.from(intent.spkiSha256),
      subjectDer: Buffer.from(intent.subjectDer),
      notBefore: intent.notBefore,
      notAfter: intent.notAfter,
      authority: {
        id: ownerId,
        slug: authority.slug,
        kind: 'issuer',
        keyId: signing.keyId,
        subjectDer: Buffer.from(authority.subjectDer),
        subjectKeyId: Buffer.from(authority.subjectKeyId),
        notBefore: authority.notBefore,
        notAfter: authority.notAfter,
        active: true,
      },
      crlShard: null,
      subjectAuthority: null,
      registrationAuthority: null,
      ocspResponder: null,
      profileSigner: null,
      endpoint,
      challenge: {
        state: 'reserved',
        endpointId: ownerId,
        reservedSpkiSha256: Buffer.from(intent.spkiSha256),
        renewsCertificateId: null,
      },
      renewed: null,
      keyOnRecord: false,
    }
  }
}

function taken({ privateKey }: TestKey, algorithm: KeyAlgorithm, purpose: KeyPurpose, ownerId: string): SigningKey {
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  const keyId = createHash('sha256').update(pkcs8).digest('hex')
  return SigningKey.take(pkcs8, { keyId, ownerId, purpose, algorithm })
}
