/** What the database says about something to be signed: the record that the signer holds a request against. */
import type pg from 'pg'
import { togetherUnless } from '@/lib/services/together'

export type CertificateKind = 'root' | 'issuer' | 'ra' | 'ocsp' | 'profile' | 'leaf'

export interface CertificateRecord {
  id: string
  kind: CertificateKind
  state: 'intent' | 'issued' | 'abandoned'
  serial: string
  tbs: Buffer | null
  tbsSha256: Buffer
  spkiSha256: Buffer
  subjectDer: Buffer
  notBefore: Date
  notAfter: Date
  /** Who is to sign. */
  authority: AuthorityRecord & { slug: string }
  /** The part of its authority's list that the certificate names; null for the whole list. */
  crlShard: { url: string | null } | null
  /** The authority that this certificate makes: for a root, the same. Null for all others. */
  subjectAuthority: {
    id: string
    kind: 'root' | 'issuer'
    parentId: string | null
    keyId: string
    subjectDer: Buffer
  } | null
  /** The registration authority that this certificate makes. */
  registrationAuthority: { id: string; keyId: string; authorityId: string } | null
  /** The OCSP responder that this certificate makes. */
  ocspResponder: { id: string; keyId: string; authorityId: string } | null
  /** The signer of profiles that this certificate makes. */
  profileSigner: { id: string; keyId: string; authorityId: string } | null
  /** The endpoint that a leaf was asked for at. */
  endpoint: (LeafProfile & { id: string; authorityId: string; previousAuthorityId: string | null }) | null
  /** The challenge that a leaf was asked for with. */
  challenge: {
    state: string
    endpointId: string
    reservedSpkiSha256: Buffer | null
    /** The certificate whose holder was let in by it alone. */
    renewsCertificateId: string | null
  } | null
  /** The certificate that a leaf takes over from; null when it names none. */
  renewed: RenewedRecord | null
  /** Whether a key row names the certified key. No proof that it is ours: whoever can write rows can write this one. */
  keyOnRecord: boolean
}

export interface RenewedRecord {
  id: string
  kind: CertificateKind
  state: 'intent' | 'issued' | 'abandoned'
  revoked: boolean
  /** Issued by an authority of the group whose authority is to sign now. */
  sameGroup: boolean
  subjectDer: Buffer
  notAfter: Date
}

/** What the profile of an endpoint allows; the names are those of the lint's rules. */
export interface LeafProfile {
  extendedKeyUsage: string[]
  minRsaBits: number
  curves: string[]
  maxValidityDays: number
}

export interface AuthorityRecord {
  id: string
  kind: 'root' | 'issuer'
  /** Null while its key is elsewhere. */
  keyId: string | null
  subjectDer: Buffer
  subjectKeyId: Buffer
  notBefore: Date
  notAfter: Date
  /**
   * Whether its own certificate is signed and recorded; for one that is to sign a certificate, also that it is not revoked. Its
   * responder is certified all the same: somebody has to say of its certificates that they are revoked.
   */
  active: boolean
}

/** An authority and the list that is to be signed: all of it, or one shard. */
export interface CrlRecord extends AuthorityRecord {
  /** The URL that a shard's certificates name; null for the whole list. */
  shardUrl: string | null
  /** The stored list of the same scope with the highest number; null before the first. */
  newest: { number: bigint; thisUpdate: Date } | null
  /** The number reserved for the next. */
  nextNumber: bigint
}

interface CertificateRow {
  id: string
  kind: CertificateKind
  state: 'intent' | 'issued' | 'abandoned'
  serial: string
  tbs: Buffer | null
  tbs_sha256: Buffer
  spki_sha256: Buffer
  subject_der: Buffer
  not_before: Date
  not_after: Date
  a_id: string
  a_slug: string
  a_kind: 'root' | 'issuer'
  a_key_id: string | null
  a_subject_der: Buffer
  a_subject_key_id: Buffer
  a_not_before: Date
  a_not_after: Date
  a_active: boolean
  s_id: string | null
  s_kind: 'root' | 'issuer'
  s_parent_id: string | null
  s_key_id: string
  s_subject_der: Buffer
  r_id: string | null
  r_key_id: string
  r_authority_id: string
  w_id: string | null
  w_key_id: string
  w_authority_id: string
  y_id: string | null
  y_key_id: string
  y_authority_id: string
  e_id: string | null
  e_authority_id: string
  e_previous_authority_id: string | null
  p_extended_key_usage: string[]
  p_min_rsa_bits: number
  p_elliptic_curves: string[]
  p_validity_days: number
  p_backdate_minutes: number
  h_state: string | null
  h_endpoint_id: string
  h_reserved_spki_sha256: Buffer | null
  h_renews_certificate_id: string | null
  o_id: string | null
  o_kind: CertificateKind
  o_state: 'intent' | 'issued' | 'abandoned'
  o_revoked: boolean
  o_same_group: boolean | null
  o_subject_der: Buffer
  o_not_after: Date
  key_on_record: boolean
  crl_shard: number | null
  crl_shard_url: string | null
}

const MINUTES_PER_DAY = 1440

const CERTIFICATE = `
  select c.id, c.kind, c.state, c.serial, c.tbs, c.tbs_sha256, c.spki_sha256, c.subject_der, c.not_before, c.not_after,
         c.crl_shard, sh.url as crl_shard_url,
         a.id as a_id, a.slug as a_slug, a.kind as a_kind, a.key_id as a_key_id, a.subject_der as a_subject_der,
         a.subject_key_id as a_subject_key_id,
         a.not_before as a_not_before, a.not_after as a_not_after, (a.certificate_der is not null and (a.status <> 'revoked' or c.kind = 'ocsp')) as a_active,
         s.id as s_id, s.kind as s_kind, s.parent_id as s_parent_id, s.key_id as s_key_id, s.subject_der as s_subject_der,
         r.id as r_id, r.key_id as r_key_id, coalesce(r.authority_id, re.authority_id) as r_authority_id,
         w.id as w_id, w.key_id as w_key_id, w.authority_id as w_authority_id,
         y.id as y_id, y.key_id as y_key_id, y.authority_id as y_authority_id,
         e.id as e_id, e.authority_id as e_authority_id, ea.replaces_id as e_previous_authority_id,
         p.extended_key_usage as p_extended_key_usage,
         p.min_rsa_bits as p_min_rsa_bits, p.elliptic_curves as p_elliptic_curves,
         p.validity_days as p_validity_days, p.backdate_minutes as p_backdate_minutes,
         h.state as h_state, h.endpoint_id as h_endpoint_id, h.reserved_spki_sha256 as h_reserved_spki_sha256,
         h.renews_certificate_id as h_renews_certificate_id,
         o.id as o_id, o.kind as o_kind, o.state as o_state, (o.revoked_at is not null or oa.status = 'revoked') as o_revoked,
         oa.group_id = a.group_id as o_same_group, o.subject_der as o_subject_der, o.not_after as o_not_after,
         exists (select from key k where k.spki_sha256 = c.spki_sha256) as key_on_record
  from certificate c
  join authority a on a.id = c.authority_id
  left join crl_shard sh on sh.authority_id = c.authority_id and sh.number = c.crl_shard
  left join authority s on s.certificate_id = c.id
  left join registration_authority r on r.certificate_id = c.id
  left join ocsp_responder w on w.certificate_id = c.id
  left join profile_signer y on y.certificate_id = c.id
  left join endpoint re on re.id = r.endpoint_id
  left join endpoint e on e.id = c.endpoint_id
  left join authority ea on ea.id = e.authority_id
  left join profile p on p.id = e.profile_id
  left join challenge h on h.id = c.challenge_id
  left join certificate o on o.id = c.renews_certificate_id
  left join authority oa on oa.id = o.authority_id
  where c.id = any($1::uuid[])`

/**
 * Read after the call, never before: what is signed at the same moment is read in one statement. A fault of it is the
 * database's, so it is everybody's.
 */
export function findCertificateTogether(pool: pg.Pool): (certificateId: string) => Promise<CertificateRecord | null> {
  return togetherUnless(
    () => true,
    async (certificateIds: string[]) => {
      const { rows } = await pool.query<CertificateRow>({
        name: 'find-certificates',
        text: CERTIFICATE,
        values: [certificateIds],
      })
      const records = new Map(rows.map((row) => [row.id, toRecord(row)]))
      return certificateIds.map((certificateId) => records.get(certificateId) ?? null)
    },
  )
}

/** Null where there is no such authority, or no such shard of it. */
export async function findAuthority(
  pool: pg.Pool,
  authorityId: string,
  shard: number | null,
): Promise<CrlRecord | null> {
  const { rows } = await pool.query<
    AuthorityRecord & { shardUrl: string | null; next: string; newest_number: string | null; newest_this_update: Date }
  >({
    name: 'find-authority',
    text: `select a.id, a.kind, a.key_id as "keyId", a.subject_der as "subjectDer",
                  a.subject_key_id as "subjectKeyId", a.not_before as "notBefore", a.not_after as "notAfter",
                  a.certificate_der is not null as active, s.url as "shardUrl",
                  case when $2::int is null then a.next_crl_number else s.next_crl_number end as next,
                  c.number as newest_number, c.this_update as newest_this_update
           from authority a
           left join crl_shard s on s.authority_id = a.id and s.number = $2::int
           left join lateral (select number, this_update from crl where authority_id = a.id
             and shard = coalesce($2::int, 0) order by number desc limit 1) c on true
           where a.id = $1 and ($2::int is null or s.number is not null)`,
    values: [authorityId, shard],
  })
  const row = rows[0]
  if (row === undefined) return null
  const { next, newest_number: number, newest_this_update: thisUpdate, ...authority } = row
  return {
    ...authority,
    nextNumber: BigInt(next),
    newest: number === null ? null : { number: BigInt(number), thisUpdate },
  }
}

function toRecord(row: CertificateRow): CertificateRecord {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    serial: row.serial,
    tbs: row.tbs,
    tbsSha256: row.tbs_sha256,
    spkiSha256: row.spki_sha256,
    subjectDer: row.subject_der,
    notBefore: row.not_before,
    notAfter: row.not_after,
    crlShard: row.crl_shard === null ? null : { url: row.crl_shard_url },
    authority: {
      id: row.a_id,
      slug: row.a_slug,
      kind: row.a_kind,
      keyId: row.a_key_id,
      subjectDer: row.a_subject_der,
      subjectKeyId: row.a_subject_key_id,
      notBefore: row.a_not_before,
      notAfter: row.a_not_after,
      active: row.a_active,
    },
    subjectAuthority:
      row.s_id === null
        ? null
        : {
            id: row.s_id,
            kind: row.s_kind,
            parentId: row.s_parent_id,
            keyId: row.s_key_id,
            subjectDer: row.s_subject_der,
          },
    registrationAuthority:
      row.r_id === null ? null : { id: row.r_id, keyId: row.r_key_id, authorityId: row.r_authority_id },
    profileSigner: row.y_id === null ? null : { id: row.y_id, keyId: row.y_key_id, authorityId: row.y_authority_id },
    ocspResponder: row.w_id === null ? null : { id: row.w_id, keyId: row.w_key_id, authorityId: row.w_authority_id },
    endpoint:
      row.e_id === null
        ? null
        : {
            id: row.e_id,
            authorityId: row.e_authority_id,
            previousAuthorityId: row.e_previous_authority_id,
            extendedKeyUsage: row.p_extended_key_usage,
            minRsaBits: row.p_min_rsa_bits,
            curves: row.p_elliptic_curves,
            maxValidityDays: row.p_validity_days + row.p_backdate_minutes / MINUTES_PER_DAY,
          },
    challenge:
      row.h_state === null
        ? null
        : {
            state: row.h_state,
            endpointId: row.h_endpoint_id,
            reservedSpkiSha256: row.h_reserved_spki_sha256,
            renewsCertificateId: row.h_renews_certificate_id,
          },
    renewed:
      row.o_id === null
        ? null
        : {
            id: row.o_id,
            kind: row.o_kind,
            state: row.o_state,
            revoked: row.o_revoked,
            sameGroup: row.o_same_group === true,
            subjectDer: row.o_subject_der,
            notAfter: row.o_not_after,
          },
    keyOnRecord: row.key_on_record,
  }
}
