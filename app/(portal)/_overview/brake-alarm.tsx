/** MDMs whose brake is pulled: more devices than it lets pass would have lost certificates. */
import { OctagonPause } from 'lucide-react'
import { Instant } from '@/app/_components/instant'
import { TextLink } from '@/app/_components/row-link'
import type { BrakeView } from '@/lib/services/device-brake'

export function BrakeAlarm({ brakes }: { brakes: BrakeView[] }) {
  const pulled = brakes.filter(({ waiting }) => waiting > 0)
  if (pulled.length === 0) return null
  return (
    <section className="flex items-start gap-3 rounded-lg border border-bad-line bg-bad-soft px-4 py-3" role="alert">
      <OctagonPause className="mt-0.5 size-4.5 shrink-0 text-bad" aria-hidden />
      <div className="grid min-w-0 flex-1 gap-2">
        <p className="font-medium text-bad">
          {pulled.length === 1 ? 'The brake of an MDM is pulled' : `The brakes of ${pulled.length} MDMs are pulled`}
        </p>
        <ul className="grid gap-1 text-sm">
          {pulled.map(({ connector, waiting, mostPerHour, pulledAt }) => (
            <li key={connector.id} className="wrap-anywhere">
              <TextLink href={`/devices/brake#${connector.slug}`}>{connector.name}</TextLink>:{' '}
              {waiting.toLocaleString('en-GB')} {waiting === 1 ? 'device waits' : 'devices wait'}, beyond{' '}
              {mostPerHour.toLocaleString('en-GB')} within an hour
              {pulledAt && (
                <>
                  , since <Instant at={pulledAt} show="relative" />
                </>
              )}
            </li>
          ))}
        </ul>
        <p className="text-sm">
          Their certificates still count. Look whether the MDM is right, then let them through or leave them as they
          are.
        </p>
      </div>
    </section>
  )
}
