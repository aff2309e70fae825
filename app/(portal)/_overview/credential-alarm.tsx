/** Credentials of MDMs that end soon: once they have, no device gets a certificate and no lost one loses it. */
import { Instant } from '@/app/_components/instant'
import { Notice } from '@/app/_components/notice'
import { TextLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { MdmConnectorView } from '@/lib/services/mdm-connector-views'

export function CredentialAlarm({ connectors }: { connectors: MdmConnectorView[] }) {
  if (connectors.length === 0) return null
  return (
    <Notice
      tone="warn"
      title={
        connectors.length === 1
          ? 'The credential of an MDM ends soon'
          : `The credentials of ${connectors.length} MDMs end soon`
      }
    >
      <ul className="grid gap-1">
        {connectors.map(({ slug, name, light, credentialExpiresAt }) => (
          <li key={slug} className="wrap-anywhere">
            <TextLink href={`/connectors/${slug}`}>
              <VisibleText>{name}</VisibleText>
            </TextLink>
            {credentialExpiresAt && (
              <>
                : {light === 'credential-expired' ? 'ended' : 'ends'}{' '}
                <Instant at={credentialExpiresAt} show="relative" />
              </>
            )}
          </li>
        ))}
      </ul>
    </Notice>
  )
}
