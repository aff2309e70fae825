/** A connector's own certificate: the signer makes the key and keeps it, the administrator uploads the certificate to Entra. */
import { createHash } from 'node:crypto'
import { Refusal } from '@/lib/errors'
import { buildTbsCertificate, parseCertificate, signatureAlgorithmFor } from '@/lib/pki/certificate'
import { encodeBasicConstraints, encodeKeyUsage, encodeSubjectKeyIdentifier } from '@/lib/pki/extension-values'
import { keyIdentifier } from '@/lib/pki/key'
import { encodeName } from '@/lib/pki/name'
import { OID } from '@/lib/pki/oid'
import { newSerial } from '@/lib/pki/serial'
import type { Actor } from './actor'
import type { AuditEntry } from './audit'
import { sha256 } from './certificate-intent'
import {
  certificateCredential,
  type IntuneCredential,
  intuneCredential,
  intuneSettings,
  type OwnCertificate,
} from './intune-settings'
import type { MdmConnectorRecord, MdmConnectorStore } from './mdm-connector-views'
import { authorise } from './permissions'
import type { Signer } from './signer'
import { objectOf } from './validator-verdict'

export interface OwnCertificateView {
  notBefore: Date
  notAfter: Date
  /** SHA-1 and SHA-256 in upper-case hex: Entra lists the first as "Thumbprint". */
  thumbprint: string
  fingerprintSha256: string
}

export interface OwnCertificates {
  current: OwnCertificateView | null
  /** Made, and not used until somebody says that Entra has it. */
  next: OwnCertificateView | null
}

export interface IntuneCertificatesService {
  /** Null for a connector that shows who it is by something else. */
  get(actor: Actor, slug: string): Promise<OwnCertificates | null>
  /** The first is used at once; another one waits until use(). */
  make(actor: Actor, slug: string): Promise<OwnCertificates>
  use(actor: Actor, slug: string): Promise<OwnCertificates>
  der(actor: Actor, slug: string, which: 'current' | 'next'): Promise<Uint8Array>
}

export interface IntuneCertificatesDependencies {
  store: Pick<MdmConnectorStore, 'bySlug' | 'change'>
  signer: Pick<Signer, 'generateKey' | 'signOwnCertificate' | 'seal' | 'open'>
  clock(): Date
}

const DAY_MS = 86_400_000
/** Entra's own secrets end after two years at the latest. */
const LIFE_MS = 730 * DAY_MS
const BACKDATE_MS = 5 * 60_000

export function createIntuneCertificates(dependencies: IntuneCertificatesDependencies): IntuneCertificatesService {
  const { store, signer, clock } = dependencies

  return {
    async get(actor, slug) {
      authorise(actor, 'connector:read')
      const connector = await found(slug)
      return usesCertificate(connector) ? viewOf(await credentialOf(connector)) : null
    },

    async make(actor, slug) {
      authorise(actor, 'connector:manage')
      const connector = await found(slug)
      if (!usesCertificate(connector))
        throw new Refusal(
          'conflict',
          'This connector shows who it is by a client secret. Choose a certificate first.',
          {
            reason: 'no_certificate_kind',
          },
        )
      const before = await credentialOf(connector)
      const made = await newCertificate(connector)
      const after = before === null ? { ...made, next: null } : { ...before, next: made }
      return keep(actor, connector, after, before === null ? 'certificate' : 'next certificate')
    },

    async use(actor, slug) {
      authorise(actor, 'connector:manage')
      const connector = await found(slug)
      const before = await credentialOf(connector)
      if (before === null || before.next === null)
        throw new Refusal('conflict', 'No new certificate waits. Make one first.', { reason: 'no_next_certificate' })
      return keep(actor, connector, { ...before.next, next: null }, 'certificate')
    },

    async der(actor, slug, which) {
      authorise(actor, 'connector:read')
      const credential = await credentialOf(await found(slug))
      const certificate = which === 'current' ? credential?.certificate : credential?.next?.certificate
      if (certificate === undefined) throw new Refusal('not_found', 'There is no such certificate.')
      return certificate
    },
  }

  async function found(slug: string): Promise<MdmConnectorRecord> {
    const connector = await store.bySlug(slug)
    if (connector !== null && connector.kind === 'intune') return connector
    throw new Refusal('not_found', 'There is no such connector.', { reason: 'connector_unknown' })
  }

  async function credentialOf(connector: MdmConnectorRecord): Promise<CertificateCredential | null> {
    if (connector.credentialSealed === null) return null
    const credential = intuneCredential(await signer.open('connector', connector.id, connector.credentialSealed))
    return credential?.kind === 'certificate' ? credential : null
  }

  async function newCertificate({ id, slug }: MdmConnectorRecord): Promise<OwnCertificate> {
    const algorithm = 'rsa2048'
    const { keyId, spki } = await signer.generateKey({ purpose: 'assertion', algorithm, ownerId: id })
    const name = encodeName([{ type: 'CN', value: `Latchkey ${slug}`.slice(0, 64) }])
    const now = clock().getTime()
    const tbs = buildTbsCertificate({
      serial: newSerial(),
      issuerDer: name,
      subjectDer: name,
      spki,
      notBefore: new Date(now - BACKDATE_MS),
      notAfter: new Date(now + LIFE_MS),
      signature: signatureAlgorithmFor(algorithm),
      extensions: [
        { oid: OID.basicConstraints, critical: true, value: encodeBasicConstraints(false) },
        { oid: OID.keyUsage, critical: true, value: encodeKeyUsage(['digitalSignature']) },
        { oid: OID.subjectKeyIdentifier, critical: false, value: encodeSubjectKeyIdentifier(keyIdentifier(spki)) },
      ],
    })
    return { keyId, certificate: await signer.signOwnCertificate(keyId, tbs) }
  }

  async function keep(
    actor: Actor,
    connector: MdmConnectorRecord,
    credential: OwnCertificate & { next: OwnCertificate | null },
    field: string,
  ): Promise<OwnCertificates> {
    const { id, name, settings, disabled } = connector
    const event: AuditEntry = {
      type: 'connector.updated',
      outcome: 'success',
      actor,
      object: { type: 'connector', id, name },
      change: { fields: [field] },
    }
    const kept = await store.change(
      connector,
      {
        name,
        settings: objectOf(settings) ?? {},
        enabled: !disabled,
        credentialSealed: await signer.seal('connector', id, certificateCredential(credential)),
        credentialExpiresAt: parseCertificate(credential.certificate).notAfter,
      },
      [event],
    )
    if (kept) return viewOf(credential)
    throw new Refusal('conflict', 'The connector was changed meanwhile. Look at it again.', {
      reason: 'changed_meanwhile',
    })
  }
}

type CertificateCredential = Extract<IntuneCredential, { kind: 'certificate' }>

function usesCertificate({ settings }: MdmConnectorRecord): boolean {
  return intuneSettings(settings).credentialKind === 'certificate'
}

function viewOf(credential: (OwnCertificate & { next: OwnCertificate | null }) | null): OwnCertificates {
  const view = (certificate: Uint8Array): OwnCertificateView => {
    const { notBefore, notAfter } = parseCertificate(certificate)
    return { notBefore, notAfter, thumbprint: sha1Hex(certificate), fingerprintSha256: hex(sha256(certificate)) }
  }
  return {
    current: credential === null ? null : view(credential.certificate),
    next: credential === null || credential.next === null ? null : view(credential.next.certificate),
  }
}

function sha1Hex(der: Uint8Array): string {
  return createHash('sha1').update(der).digest('hex').toUpperCase()
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase()
}
