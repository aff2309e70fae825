/** Which client families this endpoint works for, and which setting excludes whom. */
import { CircleCheck, CircleSlash, type LucideIcon, TriangleAlert } from 'lucide-react'
import { Badge, type Tone } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { DataTable } from '@/app/_components/data-table'
import { CLIENTS } from '@/lib/scep/client-catalogue'
import { type Compatibility, compatibility, type Remark } from '@/lib/scep/client-compatibility'
import type { EndpointView } from '@/lib/services/groups'

const VERDICTS: Record<Compatibility['verdict'], [text: string, tone: Tone, icon: LucideIcon]> = {
  works: ['Works', 'ok', CircleCheck],
  works_with_a_note: ['Works, with a note', 'warn', TriangleAlert],
  excluded: ['Excluded', 'bad', CircleSlash],
}

const SETTINGS: Record<NonNullable<Remark['setting']>, string> = {
  policy: 'Who may enrol',
  includeRoot: 'Send the root along',
  allowSha1: 'Accept SHA-1 signatures',
  allow3des: 'Accept 3DES encryption',
  allowDes: 'Accept single DES',
  scepIdentity: 'Whose key answers',
  caCertificates: 'What GetCACert returns',
  replyCertificates: 'What a device gets back',
  signerKeyPolicy: 'Who may sign a request',
  trustedProxySigners: 'Pinned proxy certificates',
  renewal: 'Devices renew by their certificate',
  renewalByPkcsReq: 'Take the old form of renewal too',
}

export function ClientsCard({ endpoint }: { endpoint: EndpointView }) {
  const rows = compatibility(endpoint)
  const works = rows.filter(({ verdict }) => verdict !== 'excluded').length
  return (
    <Card
      id="clients"
      flush
      title="Clients that work here"
      description={`With the present settings, ${works} of ${rows.length} client families can enrol.`}
    >
      <DataTable
        caption="Clients that work here"
        rows={rows}
        rowKey={({ family }) => family}
        columns={[
          { head: 'Client', primary: true, cell: ({ family }) => <Client family={family} /> },
          { head: 'Verdict', cell: ({ verdict }) => <Verdict verdict={verdict} /> },
          { head: 'Why, and which setting', cell: ({ remarks }) => <Remarks remarks={remarks} /> },
        ]}
      />
    </Card>
  )
}

function Client({ family }: Pick<Compatibility, 'family'>) {
  const { name, advice } = CLIENTS[family]
  return (
    <div className="grid max-w-md gap-0.5">
      <span className="font-medium">{name}</span>
      {advice && <span className="text-sm text-muted">{advice}</span>}
    </div>
  )
}

function Verdict({ verdict }: Pick<Compatibility, 'verdict'>) {
  const [text, tone, icon] = VERDICTS[verdict]
  return (
    <Badge tone={tone} icon={icon}>
      {text}
    </Badge>
  )
}

function Remarks({ remarks }: Pick<Compatibility, 'remarks'>) {
  if (remarks.length === 0) return <span className="text-muted">Nothing in the way</span>
  return (
    <ul className="grid gap-1">
      {remarks.map(({ setting, sentence }) => (
        <li key={sentence} className="text-sm">
          {sentence}
          {setting && <span className="text-muted"> Setting: {SETTINGS[setting]}.</span>}
        </li>
      ))}
    </ul>
  )
}
