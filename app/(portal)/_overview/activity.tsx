/** What was issued and what was not, day by day: in all, and for each group on the same scale of time. */
import { scaleLinear } from 'd3-scale'
import { Card } from '@/app/_components/card'
import { Disclosure } from '@/app/_components/disclosure'
import { TextLink } from '@/app/_components/row-link'
import type { Activity as ActivityView, DayCount } from '@/lib/services/overview'
import { dayText, issuedBetween, unsuccessfulBetween } from './addresses'
import { BarChart, type Column, Legend } from './bar-chart'
import { CountLink, number } from './count-link'
import { CountedTable } from './counted-table'
import { inWords, shortDay } from './days'
import { Drawing } from './drawing'
import { linked, mark } from './marks'

const GROUPS_SHOWN = 6

export function Activity({ activity: { days, groups, issued, unsuccessful } }: { activity: ActivityView }) {
  const first = days[0]?.day
  if (first === undefined) return null
  const shown = groups.slice(0, GROUPS_SHOWN)
  const others = groups.slice(GROUPS_SHOWN)
  return (
    <Card
      id="activity"
      title="Issued, refused and failed"
      description={`${inWords(days.length)}, in days of UTC. A bar opens what it counts.`}
    >
      <div className="grid gap-4">
        <Legend
          id="activity"
          items={[
            {
              look: 'solid',
              text: (
                <span>
                  <CountLink count={issued} href={issuedBetween(first)} /> issued
                </span>
              ),
            },
            {
              look: 'failed',
              text: (
                <span>
                  <CountLink count={unsuccessful} href={unsuccessfulBetween(first)} /> refused or failed
                </span>
              ),
            },
          ]}
        />
        <BarChart id="activity" columns={columnsOf(days)} />
        <CountedTable
          caption="Issued, refused and failed by day"
          columns={['Day', 'Issued', 'Refused or failed']}
          rows={days.toReversed().map((each) => ({
            key: dayText(each.day),
            name: shortDay(each.day, true),
            counts: [
              { count: each.issued, href: issuedBetween(each.day, each.day) },
              { count: each.unsuccessful, href: unsuccessfulBetween(each.day, each.day) },
            ],
          }))}
        />
        {groups.length > 0 && <Groups groups={shown} first={first} />}
        {others.length > 0 && (
          <Disclosure summary={others.length === 1 ? 'One more group' : `${number(others.length)} more groups`}>
            <Groups groups={others} first={first} />
          </Disclosure>
        )}
      </div>
    </Card>
  )
}

function columnsOf(days: readonly DayCount[], group?: string): Column[] {
  // On a phone there is no room for more.
  const every = Math.ceil(days.length / 4)
  return days.map(({ day, issued, unsuccessful }, index) => ({
    key: dayText(day),
    says: `${shortDay(day, true)}: ${number(issued)} issued, ${number(unsuccessful)} refused or failed`,
    parts: [
      { look: 'solid', count: issued, href: issuedBetween(day, day, group) },
      { look: 'failed', count: unsuccessful, href: unsuccessfulBetween(day, day, group) },
    ],
    ...((days.length - 1 - index) % every === 0 && { label: shortDay(day) }),
  }))
}

function Groups({ groups, first }: { groups: ActivityView['groups']; first: Date }) {
  return (
    <ul className="grid gap-x-8 lg:grid-cols-2">
      {groups.map(({ group, issued, unsuccessful, days }) => (
        <li key={group.slug} className="grid gap-1 border-t border-line py-2.5">
          <div className="flex flex-wrap items-baseline justify-between gap-x-4">
            <span className="min-w-0 font-medium wrap-anywhere">
              <TextLink href={`/groups/${group.slug}`}>{group.name}</TextLink>
            </span>
            <span className="text-sm text-muted">
              <CountLink count={issued} href={issuedBetween(first, undefined, group.slug)} /> issued,{' '}
              <CountLink count={unsuccessful} href={unsuccessfulBetween(first, undefined, group.slug)} /> refused or
              failed
            </span>
          </div>
          <Small days={days} group={group.slug} />
        </li>
      ))}
    </ul>
  )
}

/** So far from the top of a small chart. */
const LINE = 17

/** What was issued above the line, what was not below it. */
function Small({ days, group }: { days: DayCount[]; group: string }) {
  const most = Math.max(1, ...days.map(({ issued }) => issued), ...days.map(({ unsuccessful }) => unsuccessful))
  const tall = scaleLinear()
    .domain([0, most])
    .range([0, LINE - 1])
  const step = 100 / days.length
  const bars = days.flatMap(({ day, issued, unsuccessful }, index) => {
    const bar = (count: number, words: string, href: string, isAbove: boolean) => {
      if (count === 0) return []
      const height = Math.max(tall(count), 1.5)
      const rect = {
        x: `${index * step}%`,
        width: `${step * 0.8}%`,
        y: isAbove ? LINE - height : LINE + 1,
        height,
        className: isAbove ? 'fill-accent' : 'fill-bad',
      }
      const title = `${shortDay(day, true)}: ${number(count)} ${words}`
      return linked({ count, href }, [mark('title', {}, title), mark('rect', rect)])
    }
    return [
      ...bar(issued, 'issued', issuedBetween(day, day, group), true),
      ...bar(unsuccessful, 'refused or failed', unsuccessfulBetween(day, day, group), false),
    ]
  })
  const axis = { x1: '0', x2: '100%', y1: LINE, y2: LINE, className: 'stroke-edge', shapeRendering: 'crispEdges' }
  return <Drawing width="100%" height={2 * LINE} marks={[mark('line', axis), ...bars]} />
}
