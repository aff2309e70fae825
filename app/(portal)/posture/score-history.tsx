/** How the score came to be what it is: each change, newest first. */
import { Card } from '@/app/_components/card'
import { Instant } from '@/app/_components/instant'
import { titleOf } from '@/lib/services/posture-checks'
import type { PostureCheckId, PostureReading } from '@/lib/services/posture-types'
import { VERDICTS } from './verdicts'

const SHOWN = 12

interface Change {
  at: Date
  score: number
  before: number | null
  verdicts: { id: PostureCheckId; text: string }[]
}

export function ScoreHistory({ readings }: { readings: PostureReading[] }) {
  const changes = changesOf(readings).slice(0, SHOWN)
  return (
    <Card title="How it changed" flush>
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
                  {titleOf(id)}: {text.toLowerCase()}
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
        : [{ id: id as PostureCheckId, text: VERDICTS[verdict].text }],
    )
    if (verdicts.length === 0 && older.score === reading.score) return []
    return [{ at: reading.at, score: reading.score, before: older.score, verdicts }]
  })
}
