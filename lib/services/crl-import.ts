/** The revocation list of a root whose key is elsewhere: made there, checked and served here. */
import { Refusal } from '@/lib/errors'
import { parseCertificate } from '@/lib/pki/certificate'
import { CRL_LABELS } from '@/lib/pki/certificate-file'
import { REVOCATION_REASON_NUMBER } from '@/lib/pki/crl'
import type { Actor } from './actor'
import type { AuthorityRecord } from './authorities'
import { checkedCrl, fileRefused, findAuthority, readFile } from './authority-files'
import { authorityEvent } from './authority-import-events'
import type { AuthorityImportStore, AuthorityImports, RevokedIssuer } from './authority-import-types'
import { fingerprint, sha256 } from './certificate-intent'
import type { RevocationReason } from './certificates'
import { authorise } from './permissions'

interface CrlImportDeps {
  store: AuthorityImportStore
  clock: () => Date
  onCrlDue(): void
}

export function createCrlImport({ store, clock, onCrlDue }: CrlImportDeps): Pick<AuthorityImports, 'importCrl'> {
  async function importCrl(actor: Actor, slug: string, file: Uint8Array) {
    authorise(actor, 'authority:manage')
    const all = await store.authorities()
    const authority = findAuthority(all, slug)
    if (authority.keyId !== null || authority.offlineKeyId !== null)
      throw new Refusal('conflict', 'The revocation list of this authority is made here, with its key.', {
        reason: 'key_is_here',
      })
    const [der, ...others] = readFile(file, CRL_LABELS)
    if (der === undefined || others.length > 0)
      throw fileRefused('crl_malformed', 'This file holds no revocation list, or several.')
    const now = clock()
    const crl = checkedCrl(der, parseCertificate(certificateOf(authority)), now)
    const listed = new Map(crl.entries.map((entry) => [entry.serial as string, entry]))
    const revoked = issuersOn(listed, all, authority)
    const missing = (await store.revokedSerials(authority.id, now)).filter((serial) => !listed.has(serial))
    const newCrl = {
      authorityId: authority.id,
      shard: null,
      number: crl.number,
      thisUpdate: crl.thisUpdate,
      nextUpdate: crl.nextUpdate,
      entries: crl.entries.length,
      der,
      sha256: sha256(der),
    }
    const outcome = await store.importCrl(
      newCrl,
      {
        revoked: revoked.map(({ issuer: _, ...row }) => row),
        looked: all.map(({ id }) => id),
        complete: missing.length === 0,
      },
      [
        authorityEvent('ca.crl_imported', actor, authority, {
          number: crl.number.toString(),
          entries: crl.entries.length,
          thisUpdate: crl.thisUpdate.toISOString(),
          nextUpdate: crl.nextUpdate.toISOString(),
          sha256: fingerprint(newCrl.sha256),
        }),
        ...revoked.map(({ issuer, reason }) => authorityEvent('ca.revoked', actor, issuer, { reasonCode: reason })),
      ],
    )
    if (outcome === 'older') {
      throw fileRefused('older_list', 'A list with this number or a higher one is here already. Make a newer one.')
    }
    if (outcome === 'changed')
      throw new Refusal('conflict', `Another issuer of ${authority.name} came in just now. Try again.`, {
        reason: 'changed',
      })
    onCrlDue()
    return { number: crl.number.toString(), revoked: revoked.map(({ issuer }) => issuer.name) }
  }

  return { importCrl }
}

const REASONS = new Map<number, RevocationReason>(
  Object.entries(REVOCATION_REASON_NUMBER).map(([name, number]) => [number, name as RevocationReason]),
)

/** Issuers of ours that the list names and that nobody has revoked here yet. An issuer on hold issues nothing either. */
function issuersOn(
  listed: ReadonlyMap<string, { revokedAt: Date; reason: number }>,
  all: AuthorityRecord[],
  root: AuthorityRecord,
): (RevokedIssuer & { issuer: AuthorityRecord })[] {
  return all.flatMap((issuer) => {
    if (issuer.parentId !== root.id || issuer.certificateDer === null || issuer.status === 'revoked') return []
    const entry = listed.get(parseCertificate(issuer.certificateDer).serial)
    if (entry === undefined) return []
    const named = REASONS.get(entry.reason)
    const reason = named === undefined || named === 'certificateHold' ? 'unspecified' : named
    return [{ issuer, authorityId: issuer.id, certificateId: issuer.certificateId, at: entry.revokedAt, reason }]
  })
}

function certificateOf({ certificateDer }: AuthorityRecord): Uint8Array {
  if (certificateDer === null) throw new Error('an authority without a certificate')
  return certificateDer
}
