/** One challenge: what it binds, what became of it, and why it was refused. Never its value. */
import type { Metadata } from 'next'
import { Card } from '@/app/_components/card'
import { Fact, Facts } from '@/app/_components/facts'
import { Instant } from '@/app/_components/instant'
import { FORMAT_NAMES } from '@/app/_components/name-of-format'
import { nameOfMinter } from '@/app/_components/name-of-minter'
import { Notice } from '@/app/_components/notice'
import { PageHeader } from '@/app/_components/page-header'
import { ReissueChallenge } from '@/app/_components/reissue-challenge'
import { RevokeChallenge } from '@/app/_components/revoke-challenge'
import { TextLink } from '@/app/_components/row-link'
import { ChallengeStateBadge } from '@/app/_components/states'
import { VisibleText } from '@/app/_components/visible-text'
import { found, requireActorInGroups } from '@/app/_session'
import { Alarms } from '@/app/(portal)/_overview/alarms'
import { server } from '@/lib/server'
import { keyOfDevice } from '@/lib/services/devices'
import { canInGroups } from '@/lib/services/permissions'
import { RulesFacts } from './rules-facts'

export const metadata: Metadata = { title: 'Challenge' }

export default async function ChallengePage({ params }: { params: Promise<{ id: string }> }) {
  const actor = await requireActorInGroups('challenge:read')
  const { id } = await params
  const challenge = await found(server().challenges.get(actor, id))
  const alarms = await server().alarms.ofChallenge(actor, id)
  const open = alarms.filter(({ dismissedAt }) => dismissedAt === null)
  const { state, subject, san, lastRefusal, rules, certificate, endpoint, group } = challenge
  const mayReissue =
    canInGroups(actor, 'challenge:mint') && canInGroups(actor, 'challenge:revoke') && state !== 'reserved'
  return (
    <>
      <PageHeader
        help="challenge-policies"
        description="One one-time password: what it allows, and what became of it."
        title={<VisibleText>{subject || san.map(({ value }) => value).join(', ') || 'Challenge'}</VisibleText>}
        badge={<ChallengeStateBadge state={state} />}
        trail={[{ href: '/challenges', text: 'Challenges' }]}
      >
        {mayReissue && <ReissueChallenge id={id} subject={subject} waiting={state === 'pending'} />}
        {canInGroups(actor, 'challenge:revoke') && state === 'pending' && <RevokeChallenge id={id} subject={subject} />}
      </PageHeader>
      <div className="grid gap-5">
        <Alarms actor={actor} alarms={open} />
        {lastRefusal && open.length === 0 && (
          <Notice tone="warn" title={lastRefusal.explanation ?? `Refused: ${lastRefusal.reason}`}>
            <p>
              Last presented in vain <Instant at={lastRefusal.at} show="relative" />.
              {lastRefusal.detail && (
                <>
                  {' '}
                  <VisibleText>{lastRefusal.detail}</VisibleText>
                </>
              )}
            </p>
          </Notice>
        )}
        <div className="grid gap-5 xl:grid-cols-2">
          <Card title="Bound to">
            <Facts>
              <Fact name="Subject">
                {subject ? (
                  <TextLink href={`/devices/${keyOfDevice(subject)}`}>
                    <VisibleText>{subject}</VisibleText>
                  </TextLink>
                ) : (
                  '–'
                )}
              </Fact>
              {san.length > 0 && (
                <Fact name="Alternative names">
                  <VisibleText>{san.map(({ type, value }) => `${type}:${value}`).join(', ')}</VisibleText>
                </Fact>
              )}
              <Fact name="Endpoint">
                <TextLink href={`/endpoints/${endpoint.slug}`}>{endpoint.name}</TextLink> of{' '}
                <TextLink href={`/groups/${group.slug}`}>{group.name}</TextLink>
              </Fact>
              {rules && <RulesFacts rules={rules} />}
            </Facts>
          </Card>
          <Card title="Its life">
            <Facts>
              <Fact name="Format">{FORMAT_NAMES[challenge.format] ?? challenge.format}</Fact>
              <Fact name="Minted">
                by <VisibleText>{nameOfMinter(challenge)}</VisibleText>{' '}
                <Instant at={challenge.createdAt} show="relative" />
              </Fact>
              {challenge.deviceName && (
                <Fact name="Note">
                  <VisibleText>{challenge.deviceName}</VisibleText>
                </Fact>
              )}
              <Fact name="Ends">
                <Instant at={challenge.expiresAt} />
              </Fact>
              <Fact name="Wrong attempts">{challenge.failedAttempts}</Fact>
              {challenge.revokedAt && (
                <Fact name="Revoked">
                  <Instant at={challenge.revokedAt} />
                  {challenge.revokedReason && (
                    <>
                      {', '}
                      <VisibleText>{challenge.revokedReason.replaceAll('_', ' ')}</VisibleText>
                    </>
                  )}
                </Fact>
              )}
              {certificate && (
                <Fact name="Certificate">
                  <TextLink href={`/certificates/${certificate.id}`}>{certificate.serial}</TextLink>
                </Fact>
              )}
            </Facts>
          </Card>
        </div>
      </div>
    </>
  )
}
