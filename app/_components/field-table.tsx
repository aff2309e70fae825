/** Expected beside received, field by field; what differs stands out by a word and a shape, not by colour alone. */
import { CircleCheck, CircleMinus, CircleX, type LucideIcon } from 'lucide-react'
import type { FieldComparison, FieldVerdict } from '@/lib/services/field-comparison'
import { Badge, type Tone } from './badge'
import { cx } from './cx'
import { DataTable } from './data-table'
import { VisibleText } from './visible-text'

const FIELDS: Record<FieldComparison['field'], string> = {
  subject: 'Subject',
  san: 'Alternative names',
  key: 'Key',
  keyUsage: 'Key usage',
  extendedKeyUsage: 'Extended key usage',
  ca: 'Basic constraints',
  extensions: 'Other extensions',
}

const VERDICTS: Record<FieldVerdict, [text: string, tone: Tone, icon: LucideIcon]> = {
  fits: ['Fits', 'ok', CircleCheck],
  differs: ['Differs', 'bad', CircleX],
  dropped: ['Left out', 'warn', CircleMinus],
  unchecked: ['Not bound', 'neutral', CircleMinus],
}

export function FieldTable({ fields }: { fields: FieldComparison[] }) {
  return (
    <DataTable
      caption="Expected and received"
      rows={fields}
      rowKey={({ field }) => field}
      columns={[
        {
          head: 'Field',
          primary: true,
          className: 'md:w-1/5',
          cell: ({ field }) => <span className="font-medium">{FIELDS[field]}</span>,
        },
        {
          head: 'Expected',
          className: 'md:w-3/10',
          cell: ({ expected }) =>
            expected === null ? <span className="text-muted">anything</span> : <Values of={expected} />,
        },
        {
          head: 'Received',
          className: 'md:w-3/10',
          cell: ({ received, verdict }) => <Values of={received} differ={verdict === 'differs'} />,
        },
        { head: 'Verdict', cell: VerdictCell },
      ]}
    />
  )
}

function Values({ of: values, differ = false }: { of: string[]; differ?: boolean }) {
  if (values.length === 0) return <span className="text-muted">none</span>
  return (
    <ul className={cx('font-mono text-sm wrap-anywhere', differ && 'font-medium text-bad')}>
      {[...new Set(values)].map((value) => (
        <li key={value}>{value === '' ? 'empty' : <VisibleText>{value}</VisibleText>}</li>
      ))}
    </ul>
  )
}

function VerdictCell({ verdict }: FieldComparison) {
  const [text, tone, icon] = VERDICTS[verdict]
  return (
    <Badge tone={tone} icon={icon}>
      {text}
    </Badge>
  )
}
