/** What the devices of an endpoint are configured with, per platform: files to take along and values to copy. */
import { Download } from 'lucide-react'
import type { Metadata } from 'next'
import Link from 'next/link'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { cx } from '@/app/_components/cx'
import { Notice } from '@/app/_components/notice'
import { PageHeader } from '@/app/_components/page-header'
import { oneOf, readParameters, type SearchParameters } from '@/app/_components/search-parameters'
import { EnabledBadge } from '@/app/_components/states'
import { found, requireActorInGroups } from '@/app/_session'
import { server } from '@/lib/server'
import { PLATFORMS, type ProfileDocument } from '@/lib/services/mdm-profile-types'
import type { PlatformView } from '@/lib/services/mdm-profiles'
import { canInGroups } from '@/lib/services/permissions'
import { ChoicesForm } from './choices-form'
import { OneDevice } from './one-device'
import { PlatformCards } from './platform-cards'
import { PROFILE_PARAMETERS, type ProfileParameters, wishesOf, withWishes } from './profile-wishes'

export const metadata: Metadata = { title: 'Profiles' }

interface ProfilesPageProps {
  params: Promise<{ slug: string }>
  searchParams: SearchParameters
}

export default async function ProfilesPage({ params, searchParams }: ProfilesPageProps) {
  const actor = await requireActorInGroups('endpoint:read')
  const { slug } = await params
  const parameters = await readParameters(searchParams, PROFILE_PARAMETERS)
  const chosen = oneOf(PLATFORMS, parameters.platform) ?? 'apple'
  const profiles = await found(server().mdmProfiles.list(actor, slug, wishesOf(parameters)))
  const { endpoint, organisation, choices, faults, ssids, platforms, certificates } = profiles
  const path = `/endpoints/${slug}/profiles`
  const sound = Object.keys(faults).length === 0
  const mints = sound && endpoint.enabled && endpoint.policy === 'dynamic' && canInGroups(actor, 'challenge:mint')
  return (
    <>
      <PageHeader
        help="mdm/other"
        title="Profiles"
        description="What devices are configured with to enrol here. No secret is in any of it."
        badge={<EnabledBadge enabled={endpoint.enabled} />}
        trail={[
          { href: '/groups', text: 'Groups' },
          { href: `/groups/${endpoint.group.slug}`, text: endpoint.group.name },
          { href: `/endpoints/${slug}`, text: `${endpoint.group.name} ${endpoint.name}` },
        ]}
      />
      <div className="grid gap-5">
        <Card title="What shall stand in them" description="These choices are in the address of this page: share it.">
          <ChoicesForm
            key={JSON.stringify(parameters)}
            platform={chosen}
            parameters={parameters}
            ssid={choices.ssid ?? ''}
            ssids={ssids}
            faults={faults}
          />
        </Card>
        <PlatformNavigation path={path} parameters={parameters} chosen={chosen} platforms={platforms} />
        {!endpoint.enabled && (
          <Notice tone="warn" title="This endpoint is switched off">
            Whoever is configured with these profiles is refused until it is switched on.
          </Notice>
        )}
        {platforms
          .filter(({ platform }) => platform === chosen)
          .map((platform) => (
            <PlatformCards
              key={platform.platform}
              platform={platform}
              network={choices.ssid !== null && choices.radiusNames.length > 0}
              action={
                mints &&
                chosen === 'apple' && (
                  <OneDevice
                    slug={slug}
                    organisation={organisation}
                    ssid={choices.radiusNames.length > 0 ? (choices.ssid ?? '') : ''}
                    radius={choices.radiusNames.join(',')}
                  />
                )
              }
              href={sound ? (kind) => withWishes(`${path}/${kind}`, parameters) : null}
            />
          ))}
        <CertificatesCard path={path} certificates={certificates} />
      </div>
    </>
  )
}

interface PlatformNavigationProps {
  path: string
  parameters: ProfileParameters
  chosen: string
  platforms: PlatformView[]
}

function PlatformNavigation({ path, parameters, chosen, platforms }: PlatformNavigationProps) {
  return (
    <nav aria-label="Platforms">
      <ul className="flex flex-wrap gap-1.5">
        {platforms.map(({ platform, title }) => (
          <li key={platform}>
            <Link
              href={withWishes(path, { ...parameters, platform })}
              scroll={false}
              aria-current={platform === chosen ? 'page' : undefined}
              className={cx(
                'flex min-h-9 items-center rounded-md border px-3 font-medium transition-colors',
                platform === chosen
                  ? 'border-accent bg-accent-soft text-ink'
                  : 'border-line bg-surface text-muted hover:bg-hover hover:text-ink',
              )}
            >
              {title}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function CertificatesCard({ path, certificates }: { path: string; certificates: ProfileDocument[] }) {
  return (
    <Card title="CA certificates" description="For forms that take them as files.">
      <div className="flex flex-wrap gap-2">
        {certificates.map(({ kind, title }) => (
          <ButtonLink key={kind} href={`${path}/${kind}`} prefetch={false}>
            <Download aria-hidden />
            {title}
          </ButtonLink>
        ))}
      </div>
    </Card>
  )
}
