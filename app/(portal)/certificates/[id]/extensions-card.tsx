/** The extensions, as openssl would say them. */
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { VisibleText } from '@/app/_components/visible-text'
import type { CertificateDetail } from '@/lib/services/certificates'

export function ExtensionsCard({ extensions }: { extensions: CertificateDetail['extensions'] }) {
  return (
    <Card title="Extensions" flush>
      <dl>
        {extensions.map(({ oid, name, critical, lines }) => (
          <div key={oid} className="grid gap-1 border-t border-line px-4 py-3 first:border-t-0 sm:px-5">
            <dt className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <span className="font-medium">{name}</span>
              {critical && <Badge tone="neutral">Critical</Badge>}
              <span className="ml-auto font-mono text-xs text-faint">{oid}</span>
            </dt>
            {lines.map((line, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the lines of one extension never move.
              <dd key={index} className="font-mono text-sm text-muted wrap-anywhere">
                <VisibleText>{line}</VisibleText>
              </dd>
            ))}
          </div>
        ))}
      </dl>
    </Card>
  )
}
