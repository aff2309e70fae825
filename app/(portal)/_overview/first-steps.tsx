/** The way from an empty installation to the first device on the network, with what is done ticked off. */
import { Check } from 'lucide-react'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { cx } from '@/app/_components/cx'
import { Disclosure } from '@/app/_components/disclosure'
import type { Actor } from '@/lib/services/actor'
import type { GroupOutline } from '@/lib/services/groups'
import type { Milestones } from '@/lib/services/overview'
import { canInGroups, type Permission } from '@/lib/services/permissions'

interface Step {
  title: string
  text: string
  done: boolean
  needs: Permission
  href: string
  go: string
}

interface FirstStepsProps {
  actor: Actor
  groups: GroupOutline[]
  milestones: Milestones
}

/** In full until devices enrol; then one line, which goes when the network has let the first device in. */
export function FirstSteps({ actor, groups, milestones }: FirstStepsProps) {
  if (milestones.admitted) return null
  const steps = stepsOf(groups, milestones)
  const done = steps.filter((step) => step.done).length
  const list = <Steps actor={actor} steps={steps} />
  if (milestones.certificate)
    return (
      <Card title="From here to the first device on the network">
        <Disclosure summary={`${done} of ${steps.length} steps are done`}>{list}</Disclosure>
      </Card>
    )
  return (
    <Card
      title="From here to the first device on the network"
      description={`${done} of ${steps.length} steps are done.`}
      flush
    >
      {list}
    </Card>
  )
}

function stepsOf(groups: GroupOutline[], milestones: Milestones): Step[] {
  const group = groups[0]
  const endpoint = group?.endpoints[0]
  return [
    {
      title: 'Create a group',
      text: 'It brings its issuer, its registration authority and a SCEP endpoint.',
      done: milestones.group,
      needs: 'group:create',
      href: '/groups/new',
      go: 'Create a group',
    },
    {
      title: 'Mint a challenge, or connect your MDM',
      text: 'A one-time password for one named device. An MDM gets them by itself.',
      done: milestones.authorised,
      needs: 'challenge:mint',
      href: endpoint ? `/challenges/new?endpoint=${endpoint.slug}` : '/challenges/new',
      go: 'Mint a challenge',
    },
    {
      title: 'Enrol the device',
      text: 'Paste the commands the challenge comes with, or send it a profile; the certificate appears here.',
      done: milestones.certificate,
      needs: 'group:read',
      href: group ? `/groups/${group.slug}` : '/groups',
      go: 'Show the commands',
    },
    {
      title: 'Say what the network grants',
      text: 'Switch network access on for the group, with its VLAN. Without it the network lets nobody in.',
      done: milestones.networkAccess,
      needs: 'network:manage',
      href: group ? `/groups/${group.slug}/radius` : '/groups',
      go: 'Set network access',
    },
    {
      title: 'Connect the RADIUS server',
      text: 'It gets an API key with the role radius, and asks Latchkey about each certificate.',
      done: milestones.radiusServer,
      needs: 'api-key:manage',
      href: group ? `/groups/${group.slug}/radius` : '/settings/api-keys',
      go: 'Show its configuration',
    },
    {
      title: 'Bring the device onto the Wi-Fi',
      text: 'Choose the network on the device. Its certificate shows when the network let it in.',
      done: milestones.admitted,
      needs: 'network:read',
      href: group ? `/groups/${group.slug}/radius` : '/groups',
      go: 'Watch who comes',
    },
  ]
}

function Steps({ actor, steps }: { actor: Actor; steps: Step[] }) {
  const next = steps.findIndex(({ done }) => !done)
  return (
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
          {index === next && canInGroups(actor, step.needs) && (
            <ButtonLink href={step.href} variant="primary" size="small">
              {step.go}
            </ButtonLink>
          )}
        </li>
      ))}
    </ol>
  )
}
