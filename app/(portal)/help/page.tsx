/** The table of contents of the documentation, inside the portal. */
import type { Metadata } from 'next'
import Link from 'next/link'
import { Card } from '@/app/_components/card'
import { PageHeader } from '@/app/_components/page-header'
import { requireSignedIn } from '@/app/_session'
import { server } from '@/lib/server'

export const metadata: Metadata = { title: 'Help' }

export default async function HelpPage() {
  await requireSignedIn()
  const pages = await server().help.pages()
  return (
    <>
      <PageHeader
        title="Help"
        description="The documentation of this version. Pages of the portal lead to the part that explains them."
      />
      <Card flush>
        <ul className="divide-y divide-line">
          {pages.map(({ name, title, summary }) => (
            <li key={name} className="relative px-4 py-3 hover:bg-hover sm:px-5">
              <Link
                href={`/help/${name}`}
                prefetch={false}
                className="rounded font-medium after:absolute after:inset-0"
              >
                {title}
              </Link>
              {summary && <p className="text-sm text-muted">{summary}</p>}
            </li>
          ))}
        </ul>
      </Card>
    </>
  )
}
