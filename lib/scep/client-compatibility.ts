/** Which client families an endpoint works for with the settings it has, and which setting excludes whom. */
import { CLIENT_FAMILIES, CLIENTS, type ClientFamily, type ClientRow } from './client-catalogue'

/** As the endpoint has them; the names are those of its settings. */
export interface CompatibilitySettings {
  policy: 'dynamic' | 'static' | 'approval' | 'delegated'
  includeRoot: boolean
  allowSha1: boolean
  allow3des: boolean
  allowDes: boolean
  scepIdentity: 'ra' | 'ca'
  caCertificates: 'single' | 'chain'
  replyCertificates: 'leaf' | 'leaf_issuer' | 'leaf_chain'
  signerKeyPolicy: 'must_match_csr' | 'allow_with_challenge'
  trustedProxySigners: readonly string[]
  renewal: boolean
  renewalByPkcsReq: boolean
}

export interface Remark {
  /** The setting that would have to change; null where none would help. */
  setting: keyof CompatibilitySettings | null
  excludes: boolean
  sentence: string
}

export interface Compatibility {
  family: ClientFamily
  verdict: 'works' | 'works_with_a_note' | 'excluded'
  /** What excludes comes first. */
  remarks: Remark[]
}

/** In the order of the catalogue. */
export function compatibility(settings: CompatibilitySettings): Compatibility[] {
  return CLIENT_FAMILIES.map((family) => {
    const remarks = RULES.flatMap((rule) => rule(CLIENTS[family], settings, family) ?? [])
    const excluded = remarks.some(({ excludes }) => excludes)
    return {
      family,
      verdict: excluded ? 'excluded' : remarks.length > 0 ? 'works_with_a_note' : 'works',
      remarks: remarks.toSorted((a, b) => Number(b.excludes) - Number(a.excludes)),
    }
  })
}

type Rule = (client: ClientRow, settings: CompatibilitySettings, family: ClientFamily) => Remark | null
type Setting = Remark['setting']

const excludes = (setting: Setting, sentence: string): Remark => ({ setting, excludes: true, sentence })
const note = (setting: Setting, sentence: string): Remark => ({ setting, excludes: false, sentence })

const RULES: readonly Rule[] = [
  (_, __, family) =>
    family === 'no_client'
      ? excludes(null, 'There is no SCEP client in these devices that we know of.')
      : family === 'fips_java'
        ? excludes(null, 'They want one key to sign and another to decipher, which no setting offers.')
        : null,

  ({ ciphers }, { allow3des, allowDes }) => {
    if (ciphers.some((cipher) => cipher.startsWith('aes'))) return null
    if (ciphers.includes('3des') && allow3des) return null
    if (ciphers.includes('des') && allowDes) return note('allowDes', 'It encrypts with single DES, which is weak.')
    return ciphers.includes('3des')
      ? excludes('allow3des', 'It knows no AES: without 3DES it cannot encrypt.')
      : excludes('allowDes', 'It encrypts with single DES, which only the legacy switch accepts.')
  },

  ({ digests }, { allowSha1 }) => {
    const onlySha1 = digests.every((digest) => digest === 'sha1')
    if (!onlySha1) return null
    return allowSha1
      ? note('allowSha1', 'It signs with SHA-1, which is weak.')
      : excludes('allowSha1', 'It signs with SHA-1 and nothing else.')
  },

  ({ root }, { caCertificates, includeRoot }) => {
    if (root === 'no_matter') return null
    const setting = caCertificates === 'single' ? 'caCertificates' : includeRoot ? null : 'includeRoot'
    if (setting === null) return null
    return root === 'needed'
      ? excludes(setting, 'It trusts only a root that GetCACert returns.')
      : note(setting, 'Some of them want the root from GetCACert.')
  },

  ({ caCertificates, root }, settings) =>
    caCertificates === 'chain' && root !== 'needed' && settings.caCertificates === 'single'
      ? excludes('caCertificates', 'It looks for the issuer beside the registration authority.')
      : null,

  ({ reply }, { replyCertificates }) => {
    if (reply === 'leaf_only' && replyCertificates !== 'leaf')
      return excludes('replyCertificates', 'A CA certificate in the reply breaks it.')
    if (reply === 'issuer_wanted' && replyCertificates === 'leaf')
      return note('replyCertificates', 'Its VPN client wants the issuer in the reply too.')
    return null
  },

  ({ signsWith }, { policy, signerKeyPolicy, trustedProxySigners }) => {
    if (signsWith === 'own_key') return null
    const strict = signerKeyPolicy === 'must_match_csr'
    if (!strict && (policy === 'dynamic' || policy === 'delegated')) return null
    const setting = strict ? 'signerKeyPolicy' : 'policy'
    if (signsWith === 'sometimes_another')
      return note(setting, 'Those that sign with a key made for the purpose are refused.')
    return trustedProxySigners.length > 0
      ? note('trustedProxySigners', 'Only the proxies whose certificates are pinned.')
      : excludes('trustedProxySigners', 'It signs for its devices: pin its certificate.')
  },

  ({ waits }, { policy }) => {
    if (policy !== 'approval') return null
    if (waits === 'hardly')
      return note('policy', 'It waits for seconds only: raise Retries and RetryDelay in its profile.')
    return waits === 'unknown' ? note('policy', 'Whether it waits for an approval is not known.') : null
  },

  ({ renews }, { renewal, renewalByPkcsReq }) => {
    if (renews !== 'renewal_req' && renews !== 'pkcs_req') return null
    if (!renewal) return note('renewal', 'It cannot renew by its certificate: it needs a new authorisation each time.')
    return renews === 'pkcs_req' && !renewalByPkcsReq
      ? note('renewalByPkcsReq', 'It renews by an enrolment request signed with its certificate, which is not taken.')
      : null
  },

  (_, { caCertificates }, family) =>
    caCertificates === 'single' && family === 'apple'
      ? note('caCertificates', 'It gets no issuer from GetCACert: put the chain into its profile.')
      : null,
]
