/** By whom and how a version of a policy came about, in a line. */
import { TriangleAlert } from 'lucide-react'
import type { PolicyVersionView } from '@/lib/services/policy-versions'
import { Badge } from './badge'
import { VisibleText } from './visible-text'

const WAYS: Readonly<Record<string, string>> = {
  api: ' by API',
  cli: ' on the command line',
}

export function PolicyOrigin({ version }: { version: Pick<PolicyVersionView, 'origin' | 'by'> }) {
  const { origin, by } = version
  if (origin === 'found') return 'as it was when versions began to be kept'
  if (origin === 'unrecorded')
    return (
      <Badge tone="bad" icon={TriangleAlert}>
        Changed in the database itself
      </Badge>
    )
  return (
    <>
      {origin === 'created' ? 'created' : 'changed'} by <VisibleText>{by?.name ?? 'somebody'}</VisibleText>
      {WAYS[by?.via ?? ''] ?? ''}
      {by?.sourceIp && ` from ${by.sourceIp}`}
    </>
  )
}
