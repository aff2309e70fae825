/** One request and its answer, step by step along a line, with the milliseconds each step took. */
import { Card } from '@/app/_components/card'
import { cx } from '@/app/_components/cx'
import { Instant } from '@/app/_components/instant'
import { VisibleText } from '@/app/_components/visible-text'
import type { FlightOutcome } from '@/lib/services/flight-recorder'
import type { ExchangeView, StepView } from '@/lib/services/transactions'

const OUTCOMES: Record<FlightOutcome, string> = {
  issued: 'a certificate was sent',
  answered_again: 'the certificate was sent again',
  answered: 'what was asked for was sent',
  pending: 'told to wait',
  refused: 'refused',
  failed: 'stopped by a fault of ours',
}

const DOTS: Record<StepView['tone'], string> = { good: 'bg-ok', bad: 'bg-bad', neutral: 'bg-edge' }

interface ExchangeCardProps {
  exchange: ExchangeView
  number: number
  of: number
}

export function ExchangeCard({ exchange, number, of }: ExchangeCardProps) {
  const { operation, outcome, at, steps, sourceIp } = exchange
  return (
    <Card
      title={of === 1 ? 'What happened' : `Exchange ${number} of ${of}`}
      description={
        <>
          {operation}, {OUTCOMES[outcome]} · <Instant at={at} />
          {sourceIp && ` from ${sourceIp}`}
        </>
      }
    >
      <ol className="grid">
        {steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the steps of one exchange never move.
          <Step key={index} step={step} />
        ))}
      </ol>
    </Card>
  )
}

function Step({ step: { at, took, label, tone, says } }: { step: StepView }) {
  return (
    <li className="group relative flex gap-3 pb-4 last:pb-0">
      <span className="absolute top-4 bottom-0 left-[0.28rem] w-px bg-line group-last:hidden" aria-hidden />
      <span className={cx('mt-1.5 size-2.5 shrink-0 rounded-full', DOTS[tone])} aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline justify-between gap-x-3">
          <span className="font-medium">{label}</span>
          <span className="text-xs text-muted tabular-nums">
            {at < 0 ? before(at) : took === 0 ? '' : `${took} ms`}
          </span>
        </p>
        {says.length > 0 && (
          <p className="text-sm wrap-anywhere text-muted">
            <VisibleText>{says.join(' · ')}</VisibleText>
          </p>
        )}
      </div>
    </li>
  )
}

function before(at: number): string {
  const seconds = Math.round(-at / 1_000)
  return seconds < 1 ? 'just before' : seconds < 60 ? `${seconds} s before` : `${Math.round(seconds / 60)} min before`
}
