/** Revocation lists that nobody renews: once they end, networks refuse every device, or let the revoked ones in again. */
import { Siren } from 'lucide-react'
import { Instant } from '@/app/_components/instant'
import { TextLink } from '@/app/_components/row-link'
import type { CrlListView } from '@/lib/services/crl-lists'

const SHOWN = 5

export function CrlAlarm({ lists, now }: { lists: CrlListView[]; now: Date }) {
  const overdue = lists
    .flatMap(({ overdue, crl, ...list }) => (overdue && crl ? [{ ...list, crl }] : []))
    .sort((a, b) => a.crl.nextUpdate.getTime() - b.crl.nextUpdate.getTime())
  if (overdue.length === 0) return null
  return (
    <section className="flex items-start gap-3 rounded-lg border border-bad-line bg-bad-soft px-4 py-3" role="alert">
      <Siren className="mt-0.5 size-4.5 shrink-0 text-bad" aria-hidden />
      <div className="grid min-w-0 flex-1 gap-2">
        <p className="font-medium text-bad">
          {overdue.length === 1 ? 'A revocation list is' : `${overdue.length} revocation lists are`} past half of{' '}
          {overdue.length === 1 ? 'its' : 'their'} life without a successor
        </p>
        <ul className="grid gap-1 text-sm">
          {overdue.slice(0, SHOWN).map(({ authority, shard, crl }) => (
            <li key={`${authority.id}/${shard}`} className="wrap-anywhere">
              <TextLink href={`/authorities/${authority.slug}`}>
                {authority.name}
                {shard !== null && `, shard ${shard}`}
              </TextLink>
              : published <Instant at={crl.thisUpdate} show="relative" />, {crl.nextUpdate > now ? 'ends' : 'ended'}{' '}
              <Instant at={crl.nextUpdate} show="relative" />
            </li>
          ))}
          {overdue.length > SHOWN && <li>and {overdue.length - SHOWN} more</li>}
        </ul>
        <p className="text-sm">
          New lists come by themselves, so something keeps them from being made: the signer, the database or the jobs of
          the server. The <TextLink href="/audit?kind=authorities">audit trail</TextLink> says what failed.
        </p>
      </div>
    </section>
  )
}
