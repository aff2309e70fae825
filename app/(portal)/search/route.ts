/** What the command palette finds, as JSON. */
import { download } from '@/app/_session'
import { server } from '@/lib/server'
import type { SearchHit } from '@/lib/services/search'

export const dynamic = 'force-dynamic'

const KINDS = {
  certificate: ['Certificate', '/certificates/'],
  device: ['Device', '/devices/'],
  group: ['Group', '/groups/'],
  endpoint: ['Endpoint', '/endpoints/'],
  challenge: ['Challenge', '/challenges/'],
  enrolment: ['Enrolment', '/enrolments/'],
  help: ['Help', '/help/'],
} as const

export async function GET(request: Request) {
  const query = new URL(request.url).searchParams.get('q') ?? ''
  return download('overview:read', async (actor) => {
    const hits = await server().search.find(actor, query)
    return Response.json({ hits: hits.map(linked) }, { headers: { 'cache-control': 'no-store, private' } })
  })
}

function linked({ kind, key, title, detail }: SearchHit) {
  const [name, path] = KINDS[kind]
  return {
    href: `${path}${kind === 'help' ? key : encodeURIComponent(key)}`,
    text: title,
    detail: detail === null ? name : `${name} · ${detail}`,
  }
}
