/** The files that make a FreeRADIUS server let in the certificates of groups, as they are at this moment. */
import { gzipSync } from 'node:zlib'
import { Refusal } from '@/lib/errors'
import { authorityFolder, refreshScript, type TrustedAuthority } from '@/lib/radius/authority-folder'
import { type ConfigFile, type FreeRadiusChecks, freeRadiusConfig } from '@/lib/radius/freeradius-config'
import { readme } from '@/lib/radius/freeradius-readme'
import { tar } from '@/lib/radius/tar'
import type { Actor } from './actor'
import type { AuthorityRecord } from './authorities'
import type { NetworkAccess } from './network-access'
import { unknownGroup } from './network-access'
import { authoriseGroup, authoriseInGroups } from './permissions'
import type { StatusService } from './status'
import type { Urls } from './urls'

export interface ConfigurationRequest {
  /** Slugs. The first gives the files their name. */
  groups: string[]
  checks: FreeRadiusChecks
  onOutage: 'reject' | 'accept'
}

export const CONFIGURATION_DEFAULTS: Omit<ConfigurationRequest, 'groups'> = {
  checks: { rest: true, crl: true, ocsp: false },
  onOutage: 'reject',
}

export interface RadiusConfigurationService {
  /** Refusals: not_found, conflict while an issuer is being made. */
  files(actor: Actor, request: ConfigurationRequest): Promise<ConfigFile[]>
  /** The same as tar.gz. */
  archive(actor: Actor, request: ConfigurationRequest): Promise<{ name: string; bytes: Uint8Array }>
  /** The authorities alone, by their hashed names, as tar.gz. */
  authorities(actor: Actor, groups: string[]): Promise<{ name: string; bytes: Uint8Array }>
}

export interface RadiusGroup {
  slug: string
  name: string
  access: NetworkAccess | null
  /** Whose certificates may be valid now or soon: not revoked and not over, the present one first. */
  issuers: AuthorityRecord[]
}

export interface RadiusConfigurationStore {
  /** In the order of the slugs; unknown ones are left out. */
  radiusGroups(slugs: readonly string[], now: Date): Promise<RadiusGroup[]>
}

export interface RadiusConfigurationDeps {
  store: RadiusConfigurationStore
  status: Pick<StatusService, 'crl'>
  urls: Urls
  clock: () => Date
}

const MOST_GROUPS = 50

export function createRadiusConfiguration({
  store,
  status,
  urls,
  clock,
}: RadiusConfigurationDeps): RadiusConfigurationService {
  async function groupsOf(actor: Actor, slugs: readonly string[]): Promise<RadiusGroup[]> {
    authoriseInGroups(actor, 'network:read')
    const wanted = [...new Set(slugs)].slice(0, MOST_GROUPS)
    for (const slug of wanted) authoriseGroup(actor, 'network:read', slug)
    const groups = await store.radiusGroups(wanted, clock())
    if (groups.length < wanted.length || groups.length === 0) throw unknownGroup()
    if (groups.some(({ issuers }) => issuers.length === 0))
      throw new Refusal('conflict', 'The issuer of this group is still being made. Try again in a minute.', {
        reason: 'issuer_not_ready',
      })
    return groups
  }

  async function trusted(groups: readonly RadiusGroup[]): Promise<TrustedAuthority[]> {
    const issuers = groups.flatMap((group) => group.issuers)
    return Promise.all(
      issuers.map(async ({ slug, name, subjectDer, certificateDer }) => {
        if (certificateDer === null) throw new Error('an issuer without a certificate')
        const crl = await status.crl(slug)
        return { name, subjectDer, certificateDer, crl: crl && { der: crl.der, url: urls.crlUrl(slug) } }
      }),
    )
  }

  async function files(actor: Actor, { groups: slugs, checks, onOutage }: ConfigurationRequest): Promise<ConfigFile[]> {
    const groups = await groupsOf(actor, slugs)
    const authorities = await trusted(groups)
    const options = {
      checks,
      onOutage,
      portalUrl: urls.publicUrl.href.replace(/\/+$/, ''),
      groups: groups.map(({ name, access, issuers }) => ({
        name,
        access: access?.enabled ? access : null,
        issuerKeyIds: issuers.map(({ subjectKeyId }) => Buffer.from(subjectKeyId).toString('hex')),
      })),
      ocspUrl: urls.ocspUrl(groups[0]?.issuers[0]?.slug ?? ''),
    }
    return [readme(options), ...freeRadiusConfig(options), refreshScript(authorities), ...authorityFolder(authorities)]
  }

  return {
    files,
    async archive(actor, request) {
      const packed = tar(await files(actor, request), clock())
      return { name: `latchkey-freeradius-${request.groups[0]}.tar.gz`, bytes: gzipSync(packed) }
    },
    async authorities(actor, slugs) {
      const folder = authorityFolder(await trusted(await groupsOf(actor, slugs)))
      const packed = tar(
        folder.map((file) => ({ ...file, path: file.path.replace('latchkey/', '') })),
        clock(),
      )
      return { name: `latchkey-authorities-${slugs[0]}.tar.gz`, bytes: gzipSync(packed) }
    },
  }
}
