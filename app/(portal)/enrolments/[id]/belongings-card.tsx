/** What the enrolment belongs to: device, endpoint, challenge, certificate, and the fingerprints support will ask for. */
import { Card } from '@/app/_components/card'
import { InlineCopy } from '@/app/_components/copy-value'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { nameOfClient } from '@/app/_components/name-of-client'
import { TextLink } from '@/app/_components/row-link'
import { withParameters } from '@/app/_components/search-parameters'
import { shortSerial } from '@/app/_components/short-serial'
import { ChallengeStateBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import { CLIENTS, type ClientFamily, isClientFamily } from '@/lib/scep/client-catalogue'
import { keyOfDevice } from '@/lib/services/devices'
import { shortId } from '@/lib/services/short-id'
import type { TransactionDetail } from '@/lib/services/transactions'

export function BelongingsCard({ enrolment }: { enrolment: TransactionDetail }) {
  const { subject, endpoint, group, challenge, certificate, client, userAgent, sourceIp } = enrolment
  const { id, transactionId, csrSha256, spkiSha256, signerSpkiSha256, createdAt, finishedAt } = enrolment
  return (
    <Card title="Belongs to">
      <Facts>
        {subject && (
          <Fact name="Device">
            <TextLink href={`/devices/${keyOfDevice(subject)}`}>
              <VisibleText>{subject}</VisibleText>
            </TextLink>
          </Fact>
        )}
        <Fact name="Endpoint">
          <TextLink href={`/endpoints/${endpoint.slug}`}>
            {group.name} {endpoint.name}
          </TextLink>
        </Fact>
        <Fact name="Received">
          <Instant at={createdAt} />
        </Fact>
        {finishedAt && (
          <Fact name="Decided">
            <Instant at={finishedAt} />
          </Fact>
        )}
        <Fact name="Address">{sourceIp ?? 'not known'}</Fact>
        {userAgent && (
          <Fact name="Software">
            <VisibleText>{userAgent}</VisibleText>
          </Fact>
        )}
        {client && (
          <Fact name="Client">
            <TextLink href={withParameters('/enrolments', { client })}>{nameOfClient(client)}</TextLink>
            {isClientFamily(client) && <Quirks of={client} />}
          </Fact>
        )}
        {challenge && (
          <Fact name={isChallenge(challenge) ? 'Challenge' : 'Authorisation'}>
            <span className="flex flex-wrap items-center gap-x-2">
              {isChallenge(challenge) ? (
                <TextLink href={`/challenges/${challenge.id}`}>{shortId(challenge.id)}</TextLink>
              ) : (
                <span className="font-mono">{shortId(challenge.id)}</span>
              )}
              <ChallengeStateBadge state={challenge.state} />
            </span>
          </Fact>
        )}
        {certificate && (
          <Fact name="Certificate">
            <TextLink href={`/certificates/${certificate.id}`}>{shortSerial(certificate.serial)}</TextLink>
          </Fact>
        )}
        <Fact name="Id">
          <InlineCopy value={id} what="id" />
        </Fact>
        {transactionId && (
          <Fact name="transactionID">
            <InlineCopy value={transactionId} what="transactionID" />
          </Fact>
        )}
        {csrSha256 && (
          <Fact name="Request SHA-256">
            <InlineCopy value={csrSha256} what="SHA-256 of the request" />
          </Fact>
        )}
        {spkiSha256 && (
          <Fact name="Key SHA-256">
            <InlineCopy value={spkiSha256} what="SHA-256 of the key" />
          </Fact>
        )}
        {signerSpkiSha256 && signerSpkiSha256 !== spkiSha256 && (
          <Fact name="Signer's key">
            <InlineCopy value={signerSpkiSha256} what="SHA-256 of the signer's key" />
          </Fact>
        )}
      </Facts>
    </Card>
  )
}

function Quirks({ of }: { of: ClientFamily }) {
  const { oddities, advice } = CLIENTS[of]
  const notes = advice ? [...oddities, advice] : oddities
  if (notes.length === 0) return null
  return (
    <ul className="mt-1 list-disc pl-4 text-muted text-sm">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  )
}

/** A grant of another policy is written down the same way, and has no page. */
function isChallenge({ origin }: NonNullable<TransactionDetail['challenge']>): boolean {
  return origin === 'minted' || origin === 'signed'
}
