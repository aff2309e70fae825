/** Who answers for which issuer: all authorities in memory, by the hashes that CertIDs name them by. */
import { parseCertificate } from '@/lib/pki/certificate'
import { type IssuerKey, issuerKeys, responderCertificates, responderKeyHash } from '@/lib/pki/ocsp'

export interface OcspAuthorityRecord {
  id: string
  kind: 'root' | 'issuer'
  slug: string
  certificateDer: Uint8Array
  responder: { keyId: string; certificateDer: Uint8Array; notAfter: Date } | null
}

export interface OcspAuthority extends Pick<OcspAuthorityRecord, 'id' | 'kind' | 'slug'> {
  issuerKeys: IssuerKey[]
  responder: { keyId: string; keyHash: Uint8Array; certificates: Uint8Array; notAfter: Date } | null
}

/** Without word of changes, what is known is looked up again after so long. */
const LOOK_EVERY_MS = 1_000

export interface Directory {
  /** By issuer key (see CertId.issuer). */
  get(): ReadonlyMap<string, OcspAuthority> | Promise<ReadonlyMap<string, OcspAuthority>>
  /** The next one who asks gets what is true then. */
  forget(): void
  /** Whether the certificates of this authority are those of devices, as far as is known. */
  isIssuer(authorityId: string): boolean
  issuerKeys(authorityId: string): readonly IssuerKey[]
}

export function createDirectory(deps: {
  load(): Promise<OcspAuthorityRecord[]>
  elapsed(): number
  isTrusted(): boolean
}): Directory {
  let byIssuer: ReadonlyMap<string, OcspAuthority> = new Map()
  let byId: ReadonlyMap<string, OcspAuthority> = new Map()
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<ReadonlyMap<string, OcspAuthority>> | null = null

  async function look(): Promise<ReadonlyMap<string, OcspAuthority>> {
    const at = deps.elapsed()
    const mine = deps.load().then((records) => {
      const authorities = records.map(authorityOf)
      const found = new Map(authorities.flatMap((each) => each.issuerKeys.map(({ issuer }) => [issuer, each] as const)))
      // Whoever forgot it meanwhile knows of something newer.
      if (looking === mine) {
        byIssuer = found
        byId = new Map(authorities.map((each) => [each.id, each]))
        lookedAt = at
      }
      return found
    })
    looking = mine
    try {
      return await mine
    } finally {
      if (looking === mine) looking = null
    }
  }

  return {
    get() {
      const age = deps.elapsed() - lookedAt
      if (Number.isFinite(age) && (deps.isTrusted() || age < LOOK_EVERY_MS)) return byIssuer
      return looking ?? look()
    },
    forget() {
      looking = null
      lookedAt = Number.NEGATIVE_INFINITY
    },
    isIssuer: (authorityId) => byId.get(authorityId)?.kind === 'issuer',
    issuerKeys: (authorityId) => byId.get(authorityId)?.issuerKeys ?? [],
  }
}

function authorityOf({ id, kind, slug, certificateDer, responder }: OcspAuthorityRecord): OcspAuthority {
  return {
    id,
    kind,
    slug,
    issuerKeys: issuerKeys(parseCertificate(certificateDer)),
    responder: responder && {
      keyId: responder.keyId,
      keyHash: responderKeyHash(parseCertificate(responder.certificateDer).spki),
      certificates: responderCertificates(responder.certificateDer),
      notAfter: responder.notAfter,
    },
  }
}
