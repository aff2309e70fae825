/** Whom the network let in last, and whom it did not. */
import { Radio } from 'lucide-react'
import { Card } from '@/app/_components/card'
import { DataTable } from '@/app/_components/data-table'
import { EmptyState } from '@/app/_components/empty-state'
import { Instant } from '@/app/_components/instant'
import { REFUSAL_REASONS } from '@/app/_components/name-of-refusal'
import { RowLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { RefusalView, SightingView } from '@/lib/services/network-history'

export function DecisionsCards({ sightings, refusals }: { sightings: SightingView[]; refusals: RefusalView[] }) {
  return (
    <>
      <Card flush title="Let in last">
        {sightings.length === 0 ? (
          <EmptyState icon={Radio} title="Nobody yet">
            Certificates appear here as they log in, within a second.
          </EmptyState>
        ) : (
          <DataTable
            caption="Certificates that were let in"
            rows={sightings}
            rowKey={({ certificate }) => certificate.id}
            columns={[
              { head: 'Certificate', primary: true, cell: ({ certificate }) => <Certificate {...certificate} /> },
              { head: 'Last seen', cell: ({ lastAcceptedAt }) => <Instant at={lastAcceptedAt} show="relative" /> },
              { head: 'VLAN', cell: ({ vlan }) => vlan ?? 'None' },
              { head: 'Where', cell: (row) => <Where {...row} /> },
              { head: 'Logins', cell: ({ accepted }) => accepted },
            ]}
          />
        )}
      </Card>
      <Card flush title="Kept out last">
        {refusals.length === 0 ? (
          <EmptyState icon={Radio} title="Nobody yet">
            Refused logins appear here with their reason. What a RADIUS server refuses by itself, it does not ask about.
          </EmptyState>
        ) : (
          <DataTable
            caption="Certificates that were kept out"
            rows={refusals.map((refusal, number) => ({ ...refusal, number }))}
            rowKey={({ number }) => String(number)}
            columns={[
              {
                head: 'Certificate',
                primary: true,
                cell: ({ certificate, serial }) =>
                  certificate ? <Certificate {...certificate} /> : <VisibleText>{serial ?? 'Others'}</VisibleText>,
              },
              { head: 'Why', cell: ({ reason }) => REFUSAL_REASONS[reason] },
              { head: 'Last time', cell: ({ lastAt }) => <Instant at={lastAt} show="relative" /> },
              { head: 'Where', cell: (row) => <Where {...row} /> },
              { head: 'Times', cell: ({ count }) => count },
            ]}
          />
        )}
      </Card>
    </>
  )
}

function Certificate({ id, subject }: { id: string; subject: string }) {
  return (
    <RowLink href={`/certificates/${id}`}>
      <VisibleText>{subject}</VisibleText>
    </RowLink>
  )
}

function Where({ networkServer, ssid }: { networkServer: string | null; ssid: string | null }) {
  const parts = [networkServer, ssid].filter((part) => part !== null)
  return parts.length === 0 ? 'Not said' : <VisibleText>{parts.join(', ')}</VisibleText>
}
