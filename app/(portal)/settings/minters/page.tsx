/** Minters: other systems that sign challenges themselves, and what each may ask. */
import { Signature } from 'lucide-react'
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { CopyValue } from '@/app/_components/copy-value'
import { EmptyState } from '@/app/_components/empty-state'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import { can } from '@/lib/services/permissions'
import { MinterTable } from './minter-table'
import { NewMinter } from './new-minter'

export const metadata: Metadata = { title: 'Minters' }

export default async function MintersPage() {
  const actor = await requireActor('minter:read')
  const { minters: minterService, groups, urls } = server()
  const [minters, all] = await Promise.all([minterService.list(actor), groups.outlines(actor)])
  const mayManage = can(actor, 'minter:manage')
  const choices = all.flatMap(({ name: group, endpoints }) =>
    endpoints
      .filter(({ policy }) => policy === 'dynamic')
      .map(({ slug, name }) => ({ slug, name: `${group} ${name}` })),
  )
  const served = [...new Set(minters.flatMap(({ endpoints }) => endpoints.map(({ slug }) => slug)))].sort()
  return (
    <div className="grid gap-5">
      <Card
        flush
        title="Minters"
        description="Device management that signs its own challenges. Only what a registered key signed, within these limits, is taken."
        action={mayManage && choices.length > 0 && <NewMinter choices={choices} />}
      >
        {minters.length > 0 ? (
          <MinterTable minters={minters} choices={choices} mayManage={mayManage} />
        ) : (
          <EmptyState icon={Signature} title="No minters yet">
            {mayManage
              ? 'Register the public keys of a system that should mint challenges without asking Latchkey first.'
              : 'An administrator can register them.'}
          </EmptyState>
        )}
      </Card>
      {served.length > 0 && (
        <Card
          title="Where minters find the keys"
          description="A signed challenge is encrypted to a key of its endpoint, and names the endpoint as its audience. Both are published here, for anybody."
        >
          <div className="grid gap-2">
            {served.map((slug) => (
              <CopyValue key={slug} value={urls.challengeKeysUrl(slug)} what={`address of the keys of ${slug}`} />
            ))}
          </div>
        </Card>
      )}
    </div>
  )
}
