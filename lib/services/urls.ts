/** The addresses this installation writes into certificates, pages and commands. */

export interface Urls {
  /** As people and devices reach the portal. */
  readonly publicUrl: URL
  /** As relying parties fetch CRLs and CA certificates: plain http, for https would need the answer being fetched. */
  readonly statusUrl: URL
  scepUrl(endpointSlug: string): string
  /** What clients ask that cannot name an endpoint: made for NDES, or after RFC 8894 §4.1. */
  defaultScepUrls(): string[]
  /** Where device managements fetch challenges that know only Microsoft's NDES. */
  challengePageUrl(endpointSlug: string): string
  /** The same page, for those that append the path of NDES to an address. */
  challengePageUrlUnderScep(endpointSlug: string): string
  /** The page of the default endpoint, for those that are told a host alone. */
  defaultChallengePageUrl(): string
  /** Where the keys are published to which challenges for an endpoint are encrypted. */
  challengeKeysUrl(endpointSlug: string): string
  crlUrl(authoritySlug: string): string
  /** Of a part of an authority's CRL; null while certificates are to name the whole one. */
  crlShardUrl(authoritySlug: string, shard: number): string | null
  caUrl(authoritySlug: string): string
  /** Without a slash at its end: a client that appends its request would make two of it. */
  ocspUrl(authoritySlug: string): string
  /** The public page of a group's CA certificates. */
  trustUrl(groupSlug: string): string
}

export function createUrls(bases: { publicUrl: URL; statusUrl: URL; crlShards?: boolean }): Urls {
  if (bases.statusUrl.protocol !== 'http:') throw new Error('the status URL must begin with http://')
  return {
    publicUrl: bases.publicUrl,
    statusUrl: bases.statusUrl,
    scepUrl: (slug) => below(bases.publicUrl, `scep/${slug}`),
    defaultScepUrls: () =>
      ['certsrv/mscep/mscep.dll', 'cgi-bin/pkiclient.exe'].map((path) => below(bases.publicUrl, path)),
    challengePageUrl: (slug) => below(bases.publicUrl, `certsrv/mscep_admin/${slug}`),
    challengePageUrlUnderScep: (slug) => below(bases.publicUrl, `scep/${slug}/certsrv/mscep_admin/`),
    defaultChallengePageUrl: () => below(bases.publicUrl, 'certsrv/mscep_admin/'),
    challengeKeysUrl: (slug) => below(bases.publicUrl, `.well-known/latchkey/${slug}/jwks.json`),
    crlUrl: (slug) => below(bases.statusUrl, `crl/${slug}.crl`),
    crlShardUrl: (slug, shard) =>
      bases.crlShards === false ? null : below(bases.statusUrl, `crl/${slug}/${shard}.crl`),
    caUrl: (slug) => below(bases.statusUrl, `ca/${slug}.cer`),
    ocspUrl: (slug) => below(bases.statusUrl, `ocsp/${slug}`),
    trustUrl: (slug) => below(bases.publicUrl, `trust/${slug}`),
  }
}

/** An address that leads nowhere from another machine. */
export function isThisMachine({ hostname }: URL): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}

function below(base: URL, path: string): string {
  const folder = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`
  return new URL(folder + path, base.origin).href
}
