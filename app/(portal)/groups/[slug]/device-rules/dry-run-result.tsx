/** What rules would do to the devices of now. */
import { TRIGGERS } from '@/app/_components/device-states'
import { Notice } from '@/app/_components/notice'
import { TextLink } from '@/app/_components/row-link'
import { VisibleText } from '@/app/_components/visible-text'
import type { DeviceRulesDryRun } from '@/lib/services/device-rules'

export function DryRunResult({ tried }: { tried: DeviceRulesDryRun }) {
  const { total, effects, connectors, samples } = tried
  const now = effects.filter(({ devices }) => devices > 0)
  const braked = connectors.filter(({ devices, mostPerHour }) => devices > mostPerHour)
  return (
    <section aria-live="polite" aria-label="What would happen now" className="grid gap-3">
      <Notice tone={total.certificates > 0 ? 'warn' : 'info'} title={summary(tried)}>
        <p>Nothing has happened yet. These rules also hold for whatever an MDM says from then on.</p>
      </Notice>
      {now.length > 0 && (
        <ul className="grid gap-1 text-sm">
          {now.map(({ trigger, action, devices, certificates }) => (
            <li key={trigger}>
              <span className="font-medium">{TRIGGERS[trigger].title}</span>: {counted(devices, 'device')} now.{' '}
              {action === 'report'
                ? 'Only reported.'
                : `${counted(certificates, 'certificate')} would be ${action === 'hold' ? 'put on hold' : 'revoked'}.`}
            </li>
          ))}
        </ul>
      )}
      {braked.map(({ name, devices, mostPerHour }) => (
        <p key={name} className="text-sm text-warn">
          The brake of {name} stops after {counted(mostPerHour, 'device')} of {devices.toLocaleString('en-GB')}; the
          others wait for an administrator.
        </p>
      ))}
      {samples.length > 0 && (
        <p className="text-sm text-muted">
          Such as{' '}
          {samples.map(({ id, name, trigger }, at) => (
            <span key={`${id}${trigger}`}>
              {at > 0 && ', '}
              <TextLink href={`/devices/${id}`}>
                <VisibleText>{name}</VisibleText>
              </TextLink>
            </span>
          ))}
          .
        </p>
      )}
    </section>
  )
}

function summary({ total: { devices, certificates, releases } }: DeviceRulesDryRun): string {
  const parts = [
    ...(certificates > 0
      ? [`${counted(certificates, 'certificate')} of ${counted(devices, 'device')} would end now`]
      : []),
    ...(releases > 0 ? [`${counted(releases, 'hold')} would be released`] : []),
  ]
  return parts.length === 0 ? 'Nothing would change now' : parts.join(', and ')
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-GB')} ${noun}${count === 1 ? '' : 's'}`
}
