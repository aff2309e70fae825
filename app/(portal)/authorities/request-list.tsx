/** Issuers whose certificate is to come from elsewhere. */
import { Hourglass } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { Instant } from '@/app/_components/instant'
import { KEY_NAMES } from '@/app/_components/name-of-key'
import { TextLink } from '@/app/_components/row-link'
import type { AuthorityRequestView } from '@/lib/services/authority-import-types'

export function RequestList({ requests }: { requests: AuthorityRequestView[] }) {
  return (
    <Card
      flush
      title="Waiting to be signed elsewhere"
      description="Their keys are here; their certificates come from the root that signs them."
    >
      <ul>
        {requests.map(({ id, name, keyAlgorithm, createdAt, createdBy }) => (
          <li
            key={id}
            className="flex flex-wrap items-center justify-between gap-2 border-t border-line px-4 py-3 first:border-t-0 sm:px-5"
          >
            <div className="min-w-0">
              <p className="wrap-anywhere">
                <TextLink href={`/authorities/requests/${id}`}>{name}</TextLink>
              </p>
              <p className="text-sm text-muted">
                {KEY_NAMES[keyAlgorithm]}, asked for by {createdBy} <Instant at={createdAt} show="relative" />
              </p>
            </div>
            <Badge tone="accent" icon={Hourglass}>
              Waits for its certificate
            </Badge>
          </li>
        ))}
      </ul>
    </Card>
  )
}
