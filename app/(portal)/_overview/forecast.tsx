/** When what holds now ends, week by week, and what it would be with a fleet more. */
import { Button } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import type { EndpointView } from '@/lib/services/groups'
import type { Week, WhatIfAnswer } from '@/lib/services/overview-forecast'
import { dayText, endsInWeek } from './addresses'
import { BarChart, type Column, Legend } from './bar-chart'
import { number } from './count-link'
import { CountedTable } from './counted-table'
import { shortDay } from './days'
import { MOST_DEVICES } from './supposed'

export interface Supposed {
  devices: number
  endpoint: EndpointView & { group: { slug: string; name: string } }
  answer: WhatIfAnswer
}

interface ForecastProps {
  weeks: Week[]
  endpoints: (EndpointView & { group: { slug: string; name: string } })[]
  supposed: Supposed | null
  /** Of the other cards, to be kept. */
  days: number
}

export function Forecast({ weeks, endpoints, supposed, days }: ForecastProps) {
  const waves = weeks.filter(({ wave }) => wave)
  return (
    <Card
      id="forecast"
      title="Expiry and renewal, by week"
      description="When the certificates that hold now end. Devices renew in the weeks before."
    >
      <div className="grid gap-4">
        <Legend
          id="forecast"
          items={[
            { look: 'solid', text: 'To be renewed' },
            { look: 'done', text: 'Renewed already' },
            ...(supposed ? [{ look: 'supposed' as const, text: 'With the devices below' }] : []),
          ]}
        />
        <BarChart id="forecast" columns={weeks.map((week, index) => columnOf(week, index, supposed))} />
        {waves.length > 0 && <Waves waves={waves} />}
        <CountedTable
          caption="Certificates that end, by week"
          columns={['Week from', 'To be renewed', 'Renewed already']}
          rows={weeks
            .filter(({ count }) => count > 0)
            .map(({ from, count, renewed }) => ({
              key: dayText(from),
              name: shortDay(from, true),
              counts: [
                { count: count - renewed, href: endsInWeek(from, 'no') },
                { count: renewed, href: endsInWeek(from, 'yes') },
              ],
            }))}
        />
        <WhatIfForm endpoints={endpoints} supposed={supposed} days={days} />
      </div>
    </Card>
  )
}

/** A quarter: on a phone there is no room for more words. */
const LABEL_EVERY = 13

function columnOf({ from, count, renewed, wave }: Week, index: number, supposed: Supposed | null): Column {
  const more = supposed?.answer.weeks[index] ?? 0
  const says = [
    `Week from ${shortDay(from, true)}: ${number(count - renewed)} to be renewed`,
    ...(renewed > 0 ? [`${number(renewed)} renewed already`] : []),
    ...(more > 0 ? [`${number(more)} more`] : []),
  ]
  return {
    key: dayText(from),
    says: says.join(', '),
    parts: [
      { look: 'solid', count: count - renewed, href: endsInWeek(from, 'no') },
      { look: 'done', count: renewed, href: endsInWeek(from, 'yes') },
      { look: 'supposed', count: more, href: null },
    ],
    marked: wave,
    ...(index % LABEL_EVERY === 0 && { label: shortDay(from) }),
  }
}

const WAVES_SAID = 4

function Waves({ waves }: { waves: Week[] }) {
  const said = waves.slice(0, WAVES_SAID).map(({ from, count }) => `${number(count)} from ${shortDay(from, true)}`)
  const rest = waves.length - said.length
  return (
    <p className="text-sm">
      <span className="font-semibold text-warn" aria-hidden>
        ▲{' '}
      </span>
      {waves.length === 1 ? 'One wave' : `${number(waves.length)} waves`}: {said.join('; ')}
      {rest > 0 && ` and ${number(rest)} more`}.{' '}
      <span className="text-muted">
        Devices that enrolled together end together. Where an MDM spreads the renewals, the wave flattens out.
      </span>
    </p>
  )
}

const FIELD = 'h-9 rounded-md border border-control bg-surface px-3 text-base text-ink hover:border-muted'

function WhatIfForm({ endpoints, supposed, days }: Omit<ForecastProps, 'weeks'>) {
  if (endpoints.length === 0) return null
  return (
    <form action="/#forecast" method="get" className="grid gap-3 border-t border-line pt-4">
      <input type="hidden" name="days" value={days} />
      <div className="flex flex-wrap items-end gap-3">
        <label className="grid gap-1 text-sm">
          <span className="text-muted">What if so many devices</span>
          <input
            type="number"
            name="devices"
            min={1}
            max={MOST_DEVICES}
            required
            defaultValue={supposed?.devices ?? 500}
            className={`${FIELD} w-32`}
          />
        </label>
        <label className="grid max-w-full min-w-0 grid-cols-1 gap-1 text-sm">
          <span className="text-muted">enrol today, all at once, at</span>
          <select name="endpoint" defaultValue={supposed?.endpoint.slug} className={`${FIELD} w-full`}>
            {endpoints.map(({ slug, name, group, profile }) => (
              <option key={slug} value={slug}>
                {group.name} {name}, {number(profile.validityDays)} days
              </option>
            ))}
          </select>
        </label>
        <Button type="submit">Show</Button>
      </div>
      {supposed && <Answer {...supposed} />}
    </form>
  )
}

function Answer({ devices, answer: { opensAt, endsAt, peak } }: Supposed) {
  const anHour = devices / 3_600
  return (
    <p className="text-sm" role="status">
      They may renew from {shortDay(opensAt, true)} on, and must by {shortDay(endsAt, true)}.
      {peak &&
        ` The fullest week begins on ${shortDay(peak.from, true)}: ${number(peak.count)} certificates end in it, ${number(peak.before)} of them without these devices.`}{' '}
      <span className="text-muted">
        Should all of them ask within an hour, that is{' '}
        {anHour < 1 ? 'less than one request' : `${number(Math.ceil(anHour))} requests`} a second.
      </span>
    </p>
  )
}
