/** What certificates are worth now, in all and by group. */
import { Card } from '@/app/_components/card'
import { TextLink } from '@/app/_components/row-link'
import { withParameters } from '@/app/_components/search-parameters'
import { CERTIFICATE_STATUS } from '@/app/_components/states'
import type { CertificateStatus } from '@/lib/services/certificates'
import type { Standing } from '@/lib/services/overview'
import { certificatesOf } from './addresses'
import { CountLink } from './count-link'
import { Drawing } from './drawing'
import { linked, mark } from './marks'

const STATUSES = Object.keys(CERTIFICATE_STATUS) as CertificateStatus[]

const FILLS: Record<CertificateStatus, string> = {
  valid: 'fill-ok',
  expiring: 'fill-brass',
  expired: 'fill-edge',
  revoked: 'fill-bad',
  held: 'fill-warn',
  issuer_revoked: 'fill-danger',
  not_yet_valid: 'fill-accent',
}

export function Statuses({ standing: { total, statuses, groups } }: { standing: Standing }) {
  const present = STATUSES.filter((status) => (statuses[status] ?? 0) > 0)
  return (
    <Card
      id="statuses"
      title="Certificates by status"
      description="All that was ever issued to devices, as it is worth now."
    >
      <div className="grid gap-4">
        <Share statuses={statuses} total={total} present={present} />
        <div className="overflow-x-auto">
          <table className="w-full text-sm">
            <thead className="text-xs text-muted">
              <tr>
                <th scope="col" className="py-1.5 pr-3 text-left font-medium">
                  Group
                </th>
                {present.map((status) => (
                  <th key={status} scope="col" className="px-3 py-1.5 text-right font-medium whitespace-nowrap">
                    {nameOf(status)}
                  </th>
                ))}
                <th scope="col" className="py-1.5 pl-3 text-right font-medium">
                  All
                </th>
              </tr>
            </thead>
            <tbody className="tabular-nums">
              {groups.map(({ group, ...counts }) => (
                <tr key={group?.slug ?? ''} className="border-t border-line">
                  <th scope="row" className="py-1.5 pr-3 text-left font-normal">
                    {group ? <TextLink href={`/groups/${group.slug}`}>{group.name}</TextLink> : 'No group'}
                  </th>
                  {present.map((status) => (
                    <td key={status} className="px-3 py-1.5 text-right">
                      <CountLink
                        count={counts.statuses[status] ?? 0}
                        href={group && certificatesOf(status, group.slug)}
                        about={`${nameOf(status)}, ${group?.name ?? 'no group'}`}
                      />
                    </td>
                  ))}
                  <td className="py-1.5 pl-3 text-right">
                    <CountLink
                      count={counts.total}
                      href={group && withParameters('/certificates', { group: group.slug })}
                      about={`All, ${group?.name ?? 'no group'}`}
                    />
                  </td>
                </tr>
              ))}
              <tr className="border-t border-edge font-medium">
                <th scope="row" className="py-1.5 pr-3 text-left font-medium">
                  All groups
                </th>
                {present.map((status) => (
                  <td key={status} className="px-3 py-1.5 text-right">
                    <CountLink count={statuses[status] ?? 0} href={certificatesOf(status)} about={nameOf(status)} />
                  </td>
                ))}
                <td className="py-1.5 pl-3 text-right">
                  <CountLink count={total} href="/certificates" about="All certificates" />
                </td>
              </tr>
            </tbody>
          </table>
        </div>
      </div>
    </Card>
  )
}

interface ShareProps {
  statuses: Standing['statuses']
  total: number
  present: CertificateStatus[]
}

function Share({ statuses, total, present }: ShareProps) {
  let left = 0
  const parts = present.flatMap((status) => {
    const count = statuses[status] ?? 0
    const width = (count / Math.max(total, 1)) * 100
    const rect = { x: `${left}%`, width: `${width}%`, height: 20, className: `${FILLS[status]} stroke-surface` }
    left += width
    const title = `${nameOf(status)}: ${count.toLocaleString('en-GB')}`
    return linked({ count, href: certificatesOf(status) }, [mark('title', {}, title), mark('rect', rect)])
  })
  return <Drawing width="100%" height={20} className="rounded-md" marks={parts} />
}

function nameOf(status: CertificateStatus): string {
  return CERTIFICATE_STATUS[status][0]
}
