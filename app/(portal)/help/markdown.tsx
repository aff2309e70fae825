/**
 * Parsed Markdown as elements of ours. Every kind of token has its case here and nothing is ever set as markup: raw HTML
 * in a document shows as the text it is, but for the line breaks of table cells.
 */
import type { Token, Tokens } from 'marked'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { CopyButton } from '@/app/_components/copy-button'
import { Preformatted } from '@/app/_components/preformatted'
import type { HelpPage } from '@/lib/services/help'
import { linkTarget } from './link-target'
import { readSequence, type SequenceStep } from './sequence'

export function Markdown({ page }: { page: HelpPage }) {
  const sections = page.sections.values()
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4 leading-6">
      {page.tokens.map((token, index) => {
        if (token.type !== 'heading') return <Block key={String(index)} token={token} doc={page.name} />
        const section = sections.next().value
        // The title of the document is the title of the page.
        if (token.depth === 1 || !section) return null
        return <Heading key={section.id} id={section.id} token={token as Tokens.Heading} doc={page.name} />
      })}
    </div>
  )
}

function Heading({ id, token, doc }: { id: string; token: Tokens.Heading; doc: string }) {
  const content = <Inline tokens={token.tokens} doc={doc} />
  const shared = { id, tabIndex: -1 }
  return token.depth === 2 ? (
    <h2 {...shared} className="mt-4 scroll-mt-18 text-lg font-semibold outline-none lg:scroll-mt-6">
      {content}
    </h2>
  ) : (
    <h3 {...shared} className="mt-2 scroll-mt-18 font-semibold outline-none lg:scroll-mt-6">
      {content}
    </h3>
  )
}

function Block({ token, doc }: { token: Token; doc: string }): ReactNode {
  switch (token.type) {
    case 'paragraph':
      return (
        <p className="wrap-anywhere">
          <Inline tokens={token.tokens ?? []} doc={doc} />
        </p>
      )
    case 'list':
      return <List token={token as Tokens.List} doc={doc} />
    case 'table':
      return <Table token={token as Tokens.Table} doc={doc} />
    case 'code':
      return <Code token={token as Tokens.Code} />
    case 'blockquote':
      return (
        <blockquote className="grid gap-3 border-l-2 border-edge pl-4 text-muted">
          <Blocks tokens={token.tokens ?? []} doc={doc} />
        </blockquote>
      )
    case 'hr':
      return <hr className="border-line" />
    case 'space':
    case 'def':
      return null
    case 'text':
    case 'checkbox':
      return <Inline tokens={[token]} doc={doc} />
    default:
      return <p>{token.raw}</p>
  }
}

function Blocks({ tokens, doc }: { tokens: Token[]; doc: string }) {
  return tokens.map((token, index) => <Block key={String(index)} token={token} doc={doc} />)
}

function List({ token, doc }: { token: Tokens.List; doc: string }) {
  const items = token.items.map((item, index) => (
    <li key={String(index)} className="pl-1 wrap-anywhere marker:text-faint">
      <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
        <Items tokens={item.tokens} doc={doc} />
      </div>
    </li>
  ))
  return token.ordered ? (
    <ol start={token.start === '' ? 1 : token.start} className="grid list-decimal gap-1.5 pl-6">
      {items}
    </ol>
  ) : (
    <ul className="grid list-disc gap-1.5 pl-5">{items}</ul>
  )
}

/** The text of an item is one block, however many inline pieces it has; lists and code inside it are blocks of their own. */
function Items({ tokens, doc }: { tokens: Token[]; doc: string }) {
  return tokens.map((token, index) =>
    token.type === 'text' ? (
      <span key={String(index)}>
        <Inline tokens={[token]} doc={doc} />
      </span>
    ) : (
      <Block key={String(index)} token={token} doc={doc} />
    ),
  )
}

function Table({ token, doc }: { token: Tokens.Table; doc: string }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms, and a landmark for each table too many.
    <div
      role="group"
      className="overflow-x-auto rounded-lg border border-line bg-surface"
      aria-label="Table"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
      tabIndex={0}
    >
      <table className="w-full border-collapse text-left text-sm">
        <thead>
          <tr className="border-b border-line bg-sunken">
            {token.header.map((cell, index) => (
              <th key={String(index)} scope="col" className="px-3 py-2 text-xs font-medium text-muted">
                <Inline tokens={cell.tokens} doc={doc} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            <tr key={String(index)} className="border-t border-line align-top first:border-t-0">
              {row.map((cell, column) => (
                <td key={String(column)} className="min-w-24 px-3 py-2">
                  <Inline tokens={cell.tokens} doc={doc} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Code({ token }: { token: Tokens.Code }) {
  const steps = token.lang === 'mermaid' ? readSequence(token.text) : null
  if (steps) return <Sequence steps={steps} />
  return (
    <div className="relative">
      <Preformatted>{token.text}</Preformatted>
      <div className="absolute top-1.5 right-1.5 rounded-md bg-surface">
        <CopyButton value={token.text} what="code" />
      </div>
    </div>
  )
}

function Sequence({ steps }: { steps: SequenceStep[] }) {
  return (
    <ol className="grid list-decimal gap-1.5 rounded-lg border border-line bg-surface py-4 pr-4 pl-10">
      {steps.map(({ from, to, text }, index) => (
        <li key={String(index)} className="pl-1 wrap-anywhere marker:text-faint">
          <span className="font-medium">{to === null || to === from ? from : `${from} → ${to}`}</span>: {text}
        </li>
      ))}
    </ol>
  )
}

function Inline({ tokens, doc }: { tokens: Token[]; doc: string }): ReactNode {
  return tokens.map((token, index) => <Piece key={String(index)} token={token} doc={doc} />)
}

function Piece({ token, doc }: { token: Token; doc: string }): ReactNode {
  switch (token.type) {
    case 'text':
    case 'escape':
      return 'tokens' in token && token.tokens ? <Inline tokens={token.tokens} doc={doc} /> : token.text
    case 'strong':
      return (
        <strong className="font-semibold">
          <Inline tokens={token.tokens ?? []} doc={doc} />
        </strong>
      )
    case 'em':
      return (
        <em>
          <Inline tokens={token.tokens ?? []} doc={doc} />
        </em>
      )
    case 'del':
      return (
        <del>
          <Inline tokens={token.tokens ?? []} doc={doc} />
        </del>
      )
    case 'codespan':
      return <code className="rounded bg-sunken px-1 py-0.5 font-mono text-[0.92em]">{token.text}</code>
    case 'br':
      return <br />
    case 'html':
      return /^<br ?\/?>$/.test(token.raw.trim()) ? <br /> : token.raw
    case 'link':
      return <Anchor href={token.href} text={<Inline tokens={token.tokens ?? []} doc={doc} />} doc={doc} />
    case 'image':
      return token.text
    default:
      return token.raw
  }
}

const LINK = 'rounded text-accent underline decoration-accent-line underline-offset-2 hover:decoration-current'

/** What lies outside docs/ is source code, which the portal does not show. */
function Anchor({ href, text, doc }: { href: string; text: ReactNode; doc: string }) {
  const target = linkTarget(href, doc)
  if (target === null) return text
  if (target.startsWith('/')) {
    return (
      <Link href={target} prefetch={false} className={LINK}>
        {text}
      </Link>
    )
  }
  return (
    <a href={target} className={LINK} rel="noreferrer">
      {text}
    </a>
  )
}
