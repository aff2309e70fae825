/** One platform: what stands in its way here, its files and texts, the values for its forms, and what is odd about it. */
import { Download } from 'lucide-react'
import type { ReactNode } from 'react'
import { ButtonLink } from '@/app/_components/button'
import { Card } from '@/app/_components/card'
import { CopyButton } from '@/app/_components/copy-button'
import { InlineCopy } from '@/app/_components/copy-value'
import { Disclosure } from '@/app/_components/disclosure'
import { Fact, Facts } from '@/app/_components/facts'
import { nameOfClient } from '@/app/_components/name-of-client'
import { Notice } from '@/app/_components/notice'
import { Preformatted } from '@/app/_components/preformatted'
import type { ProfileDocument, ProfileValues } from '@/lib/services/mdm-profile-types'
import type { PlatformView } from '@/lib/services/mdm-profiles'

interface PlatformCardsProps {
  platform: PlatformView
  /** Whether a network and its servers are named: without, some files are not there. */
  network: boolean
  /** Beside the heading of the files. */
  action?: ReactNode
  /** Where a kind is downloaded; null while something that was chosen cannot be. */
  href: ((kind: string) => string) | null
}

export function PlatformCards({ platform, network, action, href }: PlatformCardsProps) {
  const { title, documents, values, notes, remarks } = platform
  return (
    <>
      {remarks.map(({ family, verdict, remarks: reasons }) => (
        <Notice
          key={family}
          tone={verdict === 'excluded' ? 'warn' : 'info'}
          title={
            verdict === 'excluded'
              ? `${nameOfClient(family)}: excluded by the present settings`
              : `${nameOfClient(family)}: works, with a note`
          }
        >
          {reasons.map(({ sentence }) => sentence).join(' ')}
        </Notice>
      ))}
      <Card title={`${title}: files and texts`} description={network ? undefined : NO_NETWORK} action={action}>
        {documents.length === 0 ? (
          <p className="text-muted">There is no file for certificates alone. Use the values below.</p>
        ) : (
          <div className="grid gap-2">
            {documents.map((document, index) => (
              <Document key={document.kind} document={document} open={index === 0} href={href?.(document.kind)} />
            ))}
          </div>
        )}
      </Card>
      {values.map((each) => (
        <Values key={each.title} {...each} />
      ))}
      <Card title={`What is odd about ${title}`}>
        <ul className="grid list-disc gap-1.5 pl-4 text-sm marker:text-faint">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      </Card>
    </>
  )
}

const NO_NETWORK = 'Without a network: name the SSID and the RADIUS servers above to have it too.'

function Document({ document, open, href }: { document: ProfileDocument; open: boolean; href: string | undefined }) {
  const { title, fileName, content } = document
  return (
    <Disclosure summary={title} open={open}>
      <div className="grid gap-2">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <span className="font-mono text-sm break-all text-muted">{fileName}</span>
          <span className="flex flex-wrap gap-2">
            {typeof content === 'string' && <CopyButton value={content} what={title} wide />}
            {href && (
              <ButtonLink href={href} size="small" prefetch={false}>
                <Download aria-hidden />
                Download
                <span className="sr-only"> {title}</span>
              </ButtonLink>
            )}
          </span>
        </div>
        {typeof content === 'string' && (
          <div className="max-h-96 overflow-y-auto">
            <Preformatted small>{content}</Preformatted>
          </div>
        )}
      </div>
    </Disclosure>
  )
}

function Values({ title, rows }: ProfileValues) {
  return (
    <Card title={title}>
      <Facts>
        {rows.map(({ name, value }) => (
          <Fact key={name} name={name}>
            <span className="grid grid-cols-[minmax(0,1fr)] gap-1">
              {value.split('\n').map((line) => (
                <InlineCopy key={line} value={line} what={name} />
              ))}
            </span>
          </Fact>
        ))}
      </Facts>
    </Card>
  )
}
