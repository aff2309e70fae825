/** One page of the documentation, inside the portal. */
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { PageHeader } from '@/app/_components/page-header'
import { requireSignedIn } from '@/app/_session'
import { Markdown } from '@/app/(portal)/help/markdown'
import { SectionLinks } from '@/app/(portal)/help/section-links'
import { server } from '@/lib/server'

interface Props {
  params: Promise<{ doc: string[] }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const page = await server().help.page(nameOf(await params))
  return { title: page ? `${page.title} · Help` : 'Help' }
}

export default async function HelpDocPage({ params }: Props) {
  await requireSignedIn()
  const page = await server().help.page(nameOf(await params))
  if (!page) notFound()
  return (
    <>
      <PageHeader title={page.title} trail={[{ href: '/help', text: 'Help' }]} />
      <div className="grid gap-8 xl:grid-cols-[minmax(0,1fr)_14rem]">
        <article className="min-w-0 max-w-3xl">
          <Markdown page={page} />
        </article>
        <SectionLinks sections={page.sections} />
      </div>
    </>
  )
}

function nameOf({ doc }: { doc: string[] }): string {
  return doc.join('/')
}
