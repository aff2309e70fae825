/** Whether clients that cannot name an endpoint reach this one, and the choice of an administrator. */
import { Card } from '@/app/_components/card'
import { ConfirmAction } from '@/app/_components/confirm-action'
import { CopyValue } from '@/app/_components/copy-value'
import { TextLink } from '@/app/_components/row-link'
import { chooseDefaultEndpoint } from '@/app/(portal)/endpoints/actions'
import type { DefaultEndpointView } from '@/lib/services/default-endpoint'

interface DefaultEndpointCardProps {
  slug: string
  leads: DefaultEndpointView
  mayChange: boolean
}

export function DefaultEndpointCard({ slug, leads, mayChange }: DefaultEndpointCardProps) {
  const here = leads.endpoint?.slug === slug
  return (
    <Card
      id="default"
      title="Default endpoint"
      description="For clients made for NDES or old Cisco software, which know one path and cannot name an endpoint."
    >
      <div className="grid gap-3">
        <p className="text-muted">
          <Whither slug={slug} leads={leads} />
        </p>
        {here && leads.urls.map((url) => <CopyValue key={url} value={url} what="default URL" />)}
        {mayChange && (
          <div>
            {here && leads.chosen ? (
              <ConfirmAction
                action={chooseDefaultEndpoint}
                values={{ endpoint: '' }}
                size="small"
                label="Choose none"
                title="Choose no default endpoint?"
                confirm="Choose none"
                done="No default endpoint is chosen"
              >
                <p>While there are several endpoints, the default paths answer 404 within a second.</p>
              </ConfirmAction>
            ) : (
              <ConfirmAction
                action={chooseDefaultEndpoint}
                values={{ endpoint: slug }}
                size="small"
                variant="secondary"
                harmless
                label="Make this the default"
                title="Lead the default paths to this endpoint?"
                confirm="Make this the default"
                done="Default endpoint chosen"
              >
                <p>Within a second, clients that cannot name an endpoint reach this one, and no other.</p>
              </ConfirmAction>
            )}
          </div>
        )}
      </div>
    </Card>
  )
}

function Whither({ slug, leads: { endpoint, chosen } }: Pick<DefaultEndpointCardProps, 'slug' | 'leads'>) {
  if (endpoint === null) return 'They reach nothing: there are several endpoints, and none is chosen.'
  if (endpoint.slug === slug)
    return chosen ? 'They reach this endpoint.' : 'They reach this endpoint, while it is the only one.'
  return (
    <>
      They reach <TextLink href={`/endpoints/${endpoint.slug}`}>{`${endpoint.group.name} ${endpoint.name}`}</TextLink>.
    </>
  )
}
