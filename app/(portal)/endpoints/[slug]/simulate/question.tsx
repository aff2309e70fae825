/** What the validator of an endpoint is asked, and what each of its answers leads to. */
import { Card } from '@/app/_components/card'
import { CopyButton } from '@/app/_components/copy-button'
import { Disclosure } from '@/app/_components/disclosure'
import { Preformatted } from '@/app/_components/preformatted'
import { VisibleText } from '@/app/_components/visible-text'
import type { SimulatedQuestion } from '@/lib/services/simulation-types'

export function Question({ question }: { question: SimulatedQuestion }) {
  const { validator, url, asked, body, answers } = question
  return (
    <Card title={asked ? 'What the validator was asked' : 'What the validator would be asked'}>
      <div className="grid gap-4">
        <p className="wrap-anywhere">
          <VisibleText>{validator}</VisibleText>, POST <span className="font-mono text-sm">{url}</span>, signed.{' '}
          {asked ? 'It has heard the question.' : 'Nothing was sent.'}
        </p>
        <dl className="grid gap-3">
          {answers.map(({ answer, leadsTo }) => (
            <div key={answer} className="grid gap-0.5">
              <dt className="text-sm wrap-anywhere text-muted">{answer}</dt>
              <dd>{leadsTo}</dd>
            </div>
          ))}
        </dl>
        {body === null ? (
          <p className="text-sm text-muted">
            A recorded request is not kept as a whole, so the question cannot be written out.
          </p>
        ) : (
          <Disclosure summary="The question, as JSON">
            <div className="grid gap-2">
              <Preformatted small>{body}</Preformatted>
              <CopyButton value={body} what="question" />
            </div>
          </Disclosure>
        )}
      </div>
    </Card>
  )
}
