/** The sub-navigation of the settings. */
import type { ReactNode } from 'react'
import { PageHeader } from '@/app/_components/page-header'
import { requireSignedIn } from '@/app/_session'
import { can } from '@/lib/services/permissions'
import { SettingsTabs } from './settings-tabs'

export default async function SettingsLayout({ children }: { children: ReactNode }) {
  const actor = await requireSignedIn()
  const tabs = [
    { href: '/settings/account', text: 'Account' },
    { href: '/settings/sessions', text: 'Sessions' },
    ...(can(actor, 'user:read') ? [{ href: '/settings/people', text: 'People' }] : []),
    ...(can(actor, 'api-key:read') ? [{ href: '/settings/api-keys', text: 'API keys' }] : []),
    ...(can(actor, 'minter:read') ? [{ href: '/settings/minters', text: 'Minters' }] : []),
    ...(can(actor, 'notice:read') ? [{ href: '/settings/notifications', text: 'Notifications' }] : []),
    ...(can(actor, 'retention:read') ? [{ href: '/settings/retention', text: 'Retention' }] : []),
    { href: '/settings/appearance', text: 'Appearance' },
    ...(can(actor, 'overview:read') ? [{ href: '/settings/about', text: 'About' }] : []),
  ]
  return (
    <>
      <PageHeader
        help="finding-your-way"
        title="Settings"
        description="Your own account, and for administrators those of others and the installation."
      />
      <SettingsTabs tabs={tabs} />
      {children}
    </>
  )
}
