/** How the score came to be what it is: each change, newest first. */
import { Card } from '@/app/_components/card'
import { Instant } from '@/app/_components/instant'
import { BarChart, type Column } from '@/app/(portal)/_overview/bar-chart'
import { shortDay } from '@/app/(portal)/_overview/days'
import { findingOf, titleOf } from '@/lib/services/posture-checks'
import type { PostureCheckId, PostureReading, PostureVerdict } from '@/lib/services/posture-types'
import { VERDICTS } from './verdicts'

const SHOWN = 12
const DAYS = 30
const DAY_MS = 86_400_000

interface Change {
  at: Date
  score: number
  before: number | null
  verdicts: { id: string; text: string }[]
}

export function ScoreHistory({ readings, now }: { readings: PostureReading[]; now: Date }) {
  const changes = changesOf(readings).slice(0, SHOWN)
  const columns = columnsOf(readings, now)
  return (
    <Card title="How it changed" flush>
      {columns.length > 1 && (
        <div className="border-b border-line px-4 pt-3 pb-2 sm:px-5">
          <BarChart id="score" columns={columns} />
        </div>
      )}
      {changes.length === 0 ? (
        <p className="p-4 text-sm text-muted sm:p-5">The first reading is taken within ten minutes of the start.</p>
      ) : (
        <ol>
          {changes.map(({ at, score, before, verdicts }) => (
            <li key={at.getTime()} className="border-t border-line px-4 py-3 text-sm first:border-t-0 sm:px-5">
              <p className="flex flex-wrap justify-between gap-2">
                <span className="font-medium tabular-nums">
                  {before === null ? `Began at ${score}` : before === score ? `Still ${score}` : `${before} → ${score}`}
                </span>
                <Instant at={at} show="day" className="text-muted" />
              </p>
              {verdicts.map(({ id, text }) => (
                <p key={id} className="text-muted">
                  {text}
                </p>
              ))}
            </li>
          ))}
        </ol>
      )}
    </Card>
  )
}

/** Readings of days on which nothing changed are left out, except the first. */
function changesOf(newestFirst: PostureReading[]): Change[] {
  return newestFirst.flatMap((reading, index): Change[] => {
    const older = newestFirst[index + 1]
    if (older === undefined) return [{ at: reading.at, score: reading.score, before: null, verdicts: [] }]
    const verdicts = Object.entries(reading.verdicts).flatMap(([id, verdict]) =>
      older.verdicts[id as PostureCheckId] === verdict
        ? []
        : [{ id, text: changeOf(id as PostureCheckId, verdict, older.verdicts[id as PostureCheckId] === undefined) }],
    )
    if (verdicts.length === 0 && older.score === reading.score) return []
    return [{ at: reading.at, score: reading.score, before: older.score, verdicts }]
  })
}

/** A check that came with a new version is said to be new: nothing became worse by it. */
function changeOf(id: PostureCheckId, verdict: PostureVerdict, isNew: boolean): string {
  const finding = `${VERDICTS[verdict].text}: ${findingOf(id, verdict) ?? titleOf(id)}`
  return isNew ? `Checked from now on. ${finding}` : finding
}

/** The score at the end of each day that has one, a month back. The list under it says the same in words. */
function columnsOf(newestFirst: PostureReading[], now: Date): Column[] {
  const from = now.getTime() - DAYS * DAY_MS
  const byDay = new Map<string, PostureReading>()
  for (const reading of newestFirst)
    if (reading.at.getTime() > from) {
      const day = reading.at.toISOString().slice(0, 10)
      if (!byDay.has(day)) byDay.set(day, reading)
    }
  const days = [...byDay].toReversed()
  return days.map(([day, { at, score }], index) => ({
    key: day,
    says: `${score} on ${shortDay(at)}`,
    parts: [{ look: 'solid', count: score, href: null }],
    ...(index === 0 || index === days.length - 1 ? { label: shortDay(at) } : {}),
  }))
}
