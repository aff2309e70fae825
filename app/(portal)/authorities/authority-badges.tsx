/** What an authority is and where its key is, in words and shapes. */
import { CloudOff, HardDriveDownload, Hourglass, ShieldCheck, ShieldX, Vault } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import type { AuthorityView } from '@/lib/services/groups'

export function AuthorityBadges({ authority, chosen }: { authority: AuthorityView; chosen: boolean }) {
  const { kind, status, origin, key, groupId } = authority
  return (
    <>
      {kind === 'root' && (
        <Badge tone="accent" icon={ShieldCheck}>
          Root
        </Badge>
      )}
      {chosen && <Badge tone="neutral">Signs new issuers</Badge>}
      {status === 'staged' && <Badge tone="accent">Staged</Badge>}
      {status === 'retired' && <Badge tone="neutral">Retired</Badge>}
      {status === 'revoked' && (
        <Badge tone="bad" icon={ShieldX}>
          Revoked
        </Badge>
      )}
      {kind === 'issuer' && groupId === null && status === 'active' && (
        <Badge tone="warn" icon={Hourglass}>
          Waits for a group
        </Badge>
      )}
      {key === 'elsewhere' && (
        <Badge tone="neutral" icon={CloudOff}>
          Key elsewhere
        </Badge>
      )}
      {key === 'offline' && (
        <Badge tone="ok" icon={Vault}>
          Key offline
        </Badge>
      )}
      {origin !== 'made' && (
        <Badge tone="neutral" icon={HardDriveDownload}>
          {origin === 'imported' ? 'Imported' : 'Signed elsewhere'}
        </Badge>
      )}
    </>
  )
}
