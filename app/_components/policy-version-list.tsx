/** The versions of a policy, newest first, each with what it changed. */
import { History } from 'lucide-react'
import type { PolicyVersionView } from '@/lib/services/policy-versions'
import { Card } from './card'
import { EmptyState } from './empty-state'
import { Instant } from './instant'
import { PolicyChanges } from './policy-changes'
import { PolicyOrigin } from './policy-origin'
import { TextLink } from './row-link'

interface PolicyVersionListProps {
  versions: PolicyVersionView[]
  /** Where each one's own page is: this, a slash and its number. */
  path: string
}

export function PolicyVersionList({ versions, path }: PolicyVersionListProps) {
  if (versions.length === 0)
    return (
      <Card flush>
        <EmptyState icon={History} title="No versions">
          There are none on this page. Start from the newest.
        </EmptyState>
      </Card>
    )
  return (
    <ol className="grid gap-4">
      {versions.map((version) => (
        <li key={version.version}>
          <Card
            flush
            title={`Version ${version.version}`}
            description={
              <>
                <Instant at={version.at} />, <PolicyOrigin version={version} />
              </>
            }
            action={
              <TextLink href={`${path}/${version.version}`}>
                All settings<span className="sr-only"> of version {version.version}</span>
              </TextLink>
            }
          >
            {version.changes.length > 0 ? (
              <PolicyChanges caption={`Changes of version ${version.version}`} changes={version.changes} />
            ) : (
              <p className="px-4 py-3 text-muted sm:px-5">The first version that is known.</p>
            )}
          </Card>
        </li>
      ))}
    </ol>
  )
}
