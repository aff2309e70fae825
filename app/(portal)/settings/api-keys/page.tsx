/** Keys for programs: who they act as, until when, when last used. */
import { KeySquare } from 'lucide-react'
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { EmptyState } from '@/app/_components/empty-state'
import { TEXT_LINK } from '@/app/_components/row-link'
import { requireActor } from '@/app/_session'
import { server } from '@/lib/server'
import { can } from '@/lib/services/permissions'
import { ApiKeyTable } from './api-key-table'
import { NewApiKey } from './new-api-key'

export const metadata: Metadata = { title: 'API keys' }

export default async function ApiKeysPage() {
  const actor = await requireActor('api-key:read')
  await server().readings.note(actor, { type: 'system', id: 'api-keys', name: 'the list of API keys' })
  const keys = await server().access.apiKeys(actor)
  const endpoints = await server().groups.listEndpoints(actor)
  const groups = await server().groups.names(actor)
  const mayManage = can(actor, 'api-key:manage')
  return (
    <Card
      flush
      title="API keys"
      description={
        <>
          For the REST API, described at{' '}
          <a href="/api/v1/openapi.json" className={TEXT_LINK}>
            /api/v1/openapi.json
          </a>
          . Each is shown once and stored hashed.
        </>
      }
      action={
        mayManage && (
          <NewApiKey
            endpoints={endpoints.map(({ slug, name, group }) => ({ slug, name: `${group.name} ${name}` }))}
            groups={groups}
          />
        )
      }
    >
      {keys.length > 0 ? (
        <ApiKeyTable keys={keys} mayManage={mayManage} now={new Date()} />
      ) : (
        <EmptyState icon={KeySquare} title="No API keys yet">
          {mayManage
            ? 'Create one for each program that should mint challenges or read certificates, with the smallest role that does.'
            : 'An administrator can create them.'}
        </EmptyState>
      )}
    </Card>
  )
}
