/** Events as rows, with the way to what each is about. */

import { AUDIT_LIST } from '@/app/_lists/audit'
import { columnsOf } from '@/app/_lists/list-view'
import type { AuditEventView } from '@/lib/services/audit'
import { type NamedObject, referenceOf } from '@/lib/services/audit-objects'
import { AuditRow } from './audit-row'
import { pageOfObject } from './object-pages'

interface AuditListProps {
  events: AuditEventView[]
  /** What they are about, as far as it still exists and has a page. */
  named?: Map<string, NamedObject>
  /** Names of the columns beside the sentence. */
  columns?: readonly string[]
}

export function AuditList({ events, named, columns = columnsOf(undefined, AUDIT_LIST) }: AuditListProps) {
  return (
    <ol>
      {events.map((event) => {
        const { type, id } = event.object
        const reference = id === null ? null : referenceOf(type, id)
        const page = reference === null ? null : pageOfObject(named?.get(reference))
        return <AuditRow key={event.id} event={event} page={page} reference={reference} columns={columns} />
      })}
    </ol>
  )
}
