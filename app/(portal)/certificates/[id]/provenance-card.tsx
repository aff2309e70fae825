/** How this certificate came about, from what was kept then: nothing of it changes when settings do. */
import { Card } from '@/app/_components/card'
import { Digest } from '@/app/_components/digest'
import { Disclosure } from '@/app/_components/disclosure'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { nameOfClient } from '@/app/_components/name-of-client'
import { PolicyChanges } from '@/app/_components/policy-changes'
import { TextLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { ProvenanceCall, ProvenancePolicy, ProvenanceView } from '@/lib/services/provenance'

export function ProvenanceCard({ provenance }: { provenance: ProvenanceView }) {
  const { requested, policy, validator, approvals, calls, signed } = provenance
  return (
    <Card id="provenance" title="How it came about" description="As it was recorded then, whatever was changed since.">
      <div className="grid gap-4">
        <Facts>
          <Fact name="Asked for">
            <Instant at={requested.at} /> <Asker requested={requested} />
          </Fact>
          {policy && <PolicyFacts policy={policy} />}
          {validator && (
            <Fact name="Validator">
              <VisibleText>{validator.name}</VisibleText>
              {validator.connector && (
                <>
                  {' '}
                  of <VisibleText>{validator.connector}</VisibleText>
                </>
              )}{' '}
              said {validator.verdict}
              {validator.data !== null && (
                <code className="block font-mono text-xs text-muted wrap-anywhere">
                  <VisibleText>{JSON.stringify(validator.data)}</VisibleText>
                </code>
              )}
            </Fact>
          )}
          {calls.map((call) => (
            <CallFact key={`${call.at.getTime()} ${call.operation}`} call={call} />
          ))}
          {approvals.map(({ name, approves, comment, at }) => (
            <Fact key={`${name} ${at.getTime()}`} name={approves ? 'Approved' : 'Denied'}>
              by <VisibleText>{name}</VisibleText>, <Instant at={at} />
              {comment && (
                <span className="block text-sm text-muted">
                  “<VisibleText>{comment}</VisibleText>”
                </span>
              )}
            </Fact>
          ))}
          <Fact name="Signed">
            <Instant at={signed.at} /> by <VisibleText>{signed.issuer.name}</VisibleText>
          </Fact>
          {signed.keySha256 && (
            <Fact name="Signing key">
              {signed.keyAlgorithm.toUpperCase()}, SHA-256{' '}
              <code className="font-mono text-xs">
                <Digest hex={signed.keySha256} />
              </code>
            </Fact>
          )}
        </Facts>
        {policy && policy.changedSince.length > 0 && (
          <Disclosure summary={`What the endpoint does differently today (${policy.changedSince.length})`}>
            <PolicyChanges
              caption="What the endpoint does differently today"
              changes={policy.changedSince}
              between={['Then', 'Today']}
            />
          </Disclosure>
        )}
      </div>
    </Card>
  )
}

function Asker({ requested }: { requested: ProvenanceView['requested'] }) {
  const { by, sourceIp, client, transactionId } = requested
  return (
    <>
      by <VisibleText>{by.name}</VisibleText>
      {sourceIp && ` from ${sourceIp}`}
      {transactionId !== null && nameOfClient(client) !== null && `, ${nameOfClient(client)}`}
    </>
  )
}

function PolicyFacts({ policy }: { policy: ProvenancePolicy }) {
  const { endpoint, group, version, requestedUnder, current, groupVersion } = policy
  return (
    <>
      <Fact name="Policy">
        {version === null ? (
          'from before versions were kept'
        ) : (
          <>
            <TextLink href={`/endpoints/${endpoint.slug}/versions/${version.version}`}>
              version {version.version}
            </TextLink>{' '}
            {current === version.version ? 'which holds today' : `of ${current} there are today`}
            {requestedUnder !== null && (
              <span className="block text-sm text-muted">
                The request came in under{' '}
                <TextLink href={`/endpoints/${endpoint.slug}/versions/${requestedUnder}`}>
                  version {requestedUnder}
                </TextLink>
                .
              </span>
            )}
          </>
        )}
      </Fact>
      {group && groupVersion !== null && (
        <Fact name="Group settings">
          <TextLink href={`/groups/${group.slug}/versions/${groupVersion}`}>version {groupVersion}</TextLink>
        </Fact>
      )}
    </>
  )
}

function CallFact({ call }: { call: ProvenanceCall }) {
  return (
    <Fact name="Connector">
      <TextLink href={`/connectors/${call.connector.slug}`}>{call.connector.name}</TextLink>: {call.operation},{' '}
      {call.outcome}
      {call.code && ` (${call.code})`}
    </Fact>
  )
}
