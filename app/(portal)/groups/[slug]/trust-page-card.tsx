/** The public page of the CA certificates: to share, and for administrators to switch off. */
import { Badge } from '@/app/_components/badge'
import { Card } from '@/app/_components/card'
import { CopyValue } from '@/app/_components/copy-value'
import { Disclosure } from '@/app/_components/disclosure'
import { QrCode } from '@/app/_components/qr-code'
import { TEXT_LINK } from '@/app/_components/row-link'
import type { TrustPageSetting } from '@/lib/services/trust'
import { SwitchTrustPage } from './switch-trust-page'

interface TrustPageCardProps {
  group: { slug: string; name: string }
  page: TrustPageSetting
  mayManage: boolean
}

export function TrustPageCard({ group, page: { enabled, url }, mayManage }: TrustPageCardProps) {
  return (
    <Card
      title="Share trust page"
      action={mayManage && <SwitchTrustPage slug={group.slug} name={group.name} enabled={enabled} />}
    >
      {enabled ? (
        <div className="grid gap-3">
          <p className="text-muted">
            Root and issuer for whoever shall trust them, with steps for each platform. Anybody can read it, without
            signing in. Give people the fingerprint of the root by another way.
          </p>
          <CopyValue value={url} what="address of the trust page" />
          <div className="flex flex-wrap items-start justify-between gap-3">
            <Disclosure summary="QR code">
              <QrCode text={url} what="the trust page" className="size-40 rounded-md border border-line" />
            </Disclosure>
            {/* No client navigation: the page is not a part of the portal. */}
            <a href={`/trust/${group.slug}`} className={TEXT_LINK}>
              Open trust page
            </a>
          </div>
        </div>
      ) : (
        <div className="grid gap-2">
          <Badge tone="neutral">Switched off</Badge>
          <p className="text-muted">
            Strangers see no page for this group. Devices still fetch its certificates where they need them.
          </p>
        </div>
      )}
    </Card>
  )
}
