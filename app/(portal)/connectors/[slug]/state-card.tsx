/** How a connector is: what worked last, what did not, and when its credential ends. */
import { Card } from '@/app/_components/card'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { VisibleText } from '@/app/_components/visible-text'
import type { MdmConnectorView } from '@/lib/services/mdm-connector-views'

export function StateCard({ connector }: { connector: MdmConnectorView }) {
  const { kind, health, hasCredential, credentialExpiresAt, hookUrl, previousHookSecretUntil } = connector
  const asks = kind !== 'events'
  return (
    <Card title="State">
      <Facts>
        {asks && (
          <Fact name="Last success">
            {health.lastSuccessAt ? <Instant at={health.lastSuccessAt} show="relative" /> : 'Never yet'}
          </Fact>
        )}
        {asks && (
          <Fact name="Last failure">
            {health.lastFailureAt ? (
              <>
                <Instant at={health.lastFailureAt} show="relative" />
                {health.failures > 0 && `, ${health.failures} in a row`}
                {health.lastError && (
                  <p className={health.failures > 0 ? 'text-sm text-bad' : 'text-sm text-muted'}>
                    <VisibleText>{health.lastError}</VisibleText>
                  </p>
                )}
              </>
            ) : (
              'None'
            )}
          </Fact>
        )}
        {hookUrl !== null && (
          <Fact name="Last heard">
            {health.lastHeardAt ? <Instant at={health.lastHeardAt} show="relative" /> : 'Never yet'}
          </Fact>
        )}
        {asks && (
          <Fact name="Credential">
            {!hasCredential ? (
              'None entered'
            ) : credentialExpiresAt ? (
              <>
                Ends <Instant at={credentialExpiresAt} show="day" />
              </>
            ) : (
              'Entered; its end is not known'
            )}
          </Fact>
        )}
        {previousHookSecretUntil && (
          <Fact name="Old hook secret">
            Believed until <Instant at={previousHookSecretUntil} />
          </Fact>
        )}
        <Fact name="Added">
          <Instant at={connector.createdAt} show="day" /> by {connector.createdBy}
        </Fact>
      </Facts>
    </Card>
  )
}
