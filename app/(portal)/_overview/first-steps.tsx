/** The way from an empty installation to the first certificate, with what is done ticked off. */
import { Check } from 'lucide-react'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { cx } from '@/app/_components/cx'
import type { Actor } from '@/lib/services/actor'
import type { GroupView } from '@/lib/services/groups'
import { can, type Permission } from '@/lib/services/permissions'

interface Step {
  title: string
  text: string
  done: boolean
  needs: Permission
  href: string
  go: string
}

export function FirstSteps({ actor, groups }: { actor: Actor; groups: GroupView[] }) {
  const group = groups[0]
  const endpoint = group?.endpoints[0]
  const minted = groups.some(({ counts }) => counts.pendingChallenges > 0)
  const steps: Step[] = [
    {
      title: 'Create a group',
      text: 'It brings its issuer, its registration authority and a SCEP endpoint.',
      done: group !== undefined,
      needs: 'group:create',
      href: '/groups/new',
      go: 'Create a group',
    },
    {
      title: 'Mint a challenge',
      text: 'A one-time password for one named device.',
      done: minted,
      needs: 'challenge:mint',
      href: endpoint ? `/challenges/new?endpoint=${endpoint.slug}` : '/challenges/new',
      go: 'Mint a challenge',
    },
    {
      title: 'Enrol the device',
      text: 'Paste the commands the challenge comes with; the certificate appears here.',
      done: false,
      needs: 'group:read',
      href: group ? `/groups/${group.slug}` : '/groups',
      go: 'Show the commands',
    },
  ]
  const next = steps.findIndex(({ done }) => !done)
  return (
    <Card title="From here to the first certificate" flush>
      <ol>
        {steps.map((step, index) => (
          <li
            key={step.title}
            className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line px-4 py-3.5 first:border-t-0 sm:px-5"
          >
            <span
              className={cx(
                'grid size-7 shrink-0 place-items-center rounded-full border text-sm font-semibold',
                step.done
                  ? 'border-ok-line bg-ok-soft text-ok'
                  : index === next
                    ? 'border-accent bg-accent text-on-accent'
                    : 'border-edge text-muted',
              )}
            >
              {step.done ? <Check className="size-4" role="img" aria-label="Done" /> : index + 1}
            </span>
            <div className="min-w-0 flex-1 basis-48">
              <p className={cx('font-medium', step.done && 'text-muted')}>{step.title}</p>
              <p className="text-sm text-muted">{step.text}</p>
            </div>
            {index === next && can(actor, step.needs) && (
              <ButtonLink href={step.href} variant="primary" size="small">
                {step.go}
              </ButtonLink>
            )}
          </li>
        ))}
      </ol>
    </Card>
  )
}
