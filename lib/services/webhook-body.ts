/** What webhooks about SCEP say: the JSON of step-ca's provisioner webhooks, the format that others speak (webhooks.md §1.4). */
import { parseCertificate } from '@/lib/pki/certificate'
import type { Csr } from '@/lib/pki/csr'
import { maskChallenge } from '@/lib/pki/csr-mask'
import { findExtension, parseBasicConstraints, parseExtendedKeyUsage, parseKeyUsage } from '@/lib/pki/extension-values'
import { parsePublicKey } from '@/lib/pki/key'
import { ATTRIBUTE_OID, OID } from '@/lib/pki/oid'
import type { Json } from './audit'

/** How much of a request somebody else may see: all of it, all but the challenge, or its fields alone. */
export type SendCsr = 'full' | 'masked' | 'fields'

export type WebhookObject = { [key: string]: Json }

/** Members of `subject` in Go's encoding; what is not among them goes into extraNames. */
const SUBJECT_MEMBER: Readonly<Record<string, string>> = {
  [ATTRIBUTE_OID.C ?? '']: 'country',
  [ATTRIBUTE_OID.O ?? '']: 'organization',
  [ATTRIBUTE_OID.OU ?? '']: 'organizationalUnit',
  [ATTRIBUTE_OID.L ?? '']: 'locality',
  [ATTRIBUTE_OID.ST ?? '']: 'province',
  [ATTRIBUTE_OID.STREET ?? '']: 'streetAddress',
  [ATTRIBUTE_OID.POSTALCODE ?? '']: 'postalCode',
}
const EXTENDED_KEY_USAGE: Readonly<Record<string, string>> = {
  [OID.anyExtendedKeyUsage]: 'any',
  [OID.serverAuth]: 'serverAuth',
  [OID.clientAuth]: 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  [OID.emailProtection]: 'emailProtection',
  '1.3.6.1.5.5.7.3.5': 'ipsecEndSystem',
  '1.3.6.1.5.5.7.3.6': 'ipsecTunnel',
  '1.3.6.1.5.5.7.3.7': 'ipsecUser',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  '1.3.6.1.5.5.7.3.9': 'ocspSigning',
}
const KEY_ALGORITHM = { RSA: 'RSA', EC: 'ECDSA', Ed25519: 'Ed25519' } as const

export interface Question {
  at: Date
  /** Slug of the endpoint. */
  endpoint: string
  endpointId: string
  csr: Csr
  sendCsr: SendCsr
  challenge: string
  transactionId: string
  messageType: number
  clientAddress: string | null
  /** On renewals: the certificate that signed the message, DER. */
  signerDer: Uint8Array | null
}

/** Serialised once: these very bytes are signed, sent, and sent again. */
export function questionBody(question: Question): Uint8Array {
  const { at, endpoint, endpointId, csr, sendCsr, challenge, transactionId, messageType, clientAddress } = question
  return serialised({
    timestamp: at.toISOString(),
    provisionerName: endpoint,
    x509CertificateRequest: csrObject(csr, sendCsr),
    ...(challenge === '' ? {} : { scepChallenge: challenge }),
    scepTransactionID: transactionId,
    // Ours; receivers of step-ca's format ignore them.
    scepMessageType: messageType === 17 ? 'RenewalReq' : 'PKCSReq',
    endpointId,
    ...(clientAddress === null ? {} : { clientAddress }),
    ...(question.signerDer === null ? {} : { scepSigner: base64(question.signerDer) }),
  })
}

export type Outcome = { issued: Uint8Array } | { failed: string }

/** What became of it. `request` is what csrObject() made when the question was asked. */
export function notificationBody(
  at: Date,
  request: WebhookObject,
  transactionId: string,
  outcome: Outcome,
): Uint8Array {
  return serialised({
    timestamp: at.toISOString(),
    x509CertificateRequest: request,
    ...('issued' in outcome ? { x509Certificate: certificateObject(outcome.issued) } : {}),
    scepTransactionID: transactionId,
    ...('failed' in outcome ? { scepErrorDescription: outcome.failed } : {}),
  })
}

export function csrObject(csr: Csr, send: SendCsr): WebhookObject {
  const keyUsage = findExtension(csr.requestedExtensions, OID.keyUsage)
  const extended = findExtension(csr.requestedExtensions, OID.extendedKeyUsage)
  const constraints = findExtension(csr.requestedExtensions, OID.basicConstraints)
  const purposes = extended === undefined ? [] : parseExtendedKeyUsage(extended.value)
  const sans = (type: string) => listed(csr.san.filter((san) => san.type === type).map(({ value }) => value))
  return {
    version: 0,
    subject: subjectObject(csr),
    rawSubject: base64(csr.subjectDer),
    dnsNames: sans('dns'),
    emailAddresses: sans('email'),
    ipAddresses: sans('ip'),
    uris: sans('uri'),
    sans: null,
    extensions: listed(
      csr.requestedExtensions.map(({ oid, critical, value }) => ({ id: oid, critical, value: base64(value) })),
    ),
    keyUsage: keyUsage === undefined ? null : parseKeyUsage(keyUsage.value).map(usageName),
    extKeyUsage: listed(purposes.flatMap((purpose) => EXTENDED_KEY_USAGE[purpose] ?? [])),
    unknownExtKeyUsage: listed(purposes.filter((purpose) => !Object.hasOwn(EXTENDED_KEY_USAGE, purpose))),
    basicConstraints: constraints === undefined ? null : constraintsObject(constraints.value),
    signatureAlgorithm: '',
    publicKey: base64(csr.spki),
    publicKeyAlgorithm: KEY_ALGORITHM[csr.publicKey.algorithm],
    raw: rawOf(csr, send),
  }
}

function rawOf(csr: Csr, send: SendCsr): string | null {
  switch (send) {
    case 'full':
      return base64(csr.der)
    case 'masked':
      return base64(maskChallenge(csr))
    case 'fields':
      return null
  }
}

function subjectObject({ subject }: Csr): WebhookObject {
  const object: { [key: string]: string | string[] } = {}
  const extra: WebhookObject[] = []
  for (const { type, value } of subject) {
    const member = SUBJECT_MEMBER[type]
    if (type === ATTRIBUTE_OID.CN) object.commonName = value
    else if (type === ATTRIBUTE_OID.SERIALNUMBER) object.serialNumber = value
    else if (member === undefined) extra.push({ type, value })
    else {
      const values = object[member]
      object[member] = Array.isArray(values) ? [...values, value] : [value]
    }
  }
  return { ...object, extraNames: listed(extra) }
}

function certificateObject(der: Uint8Array): WebhookObject {
  const certificate = parseCertificate(der)
  return {
    publicKey: base64(certificate.spki),
    publicKeyAlgorithm: KEY_ALGORITHM[parsePublicKey(certificate.spki).algorithm],
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    raw: base64(certificate.der),
  }
}

/** RFC 5280's names, but for the two that Go spells otherwise. */
function usageName(usage: string): string {
  if (usage === 'nonRepudiation') return 'contentCommitment'
  if (usage === 'keyCertSign') return 'certSign'
  return usage === 'cRLSign' ? 'crlSign' : usage
}

function constraintsObject(value: Uint8Array): WebhookObject {
  const { isCa, pathLength } = parseBasicConstraints(value)
  return { isCA: isCa, maxPathLen: pathLength ?? 0 }
}

/** Go writes a list that has nothing in it as null. */
function listed<T extends Json>(values: T[]): T[] | null {
  return values.length === 0 ? null : values
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function serialised(object: WebhookObject): Uint8Array {
  return Buffer.from(JSON.stringify(object), 'utf8')
}
