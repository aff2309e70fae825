/** The sealed key of a root: it opens under this installation's KEK alone, and whoever fetches it is recorded. */
import { download } from '@/app/_session'
import { server } from '@/lib/server'

export const dynamic = 'force-dynamic'

export async function GET(_request: Request, { params }: { params: Promise<{ slug: string }> }) {
  const { slug } = await params
  return download('authority:manage', async (actor) => {
    const sealed = await server().authorityImports.sealedKey(actor, slug)
    return new Response(new Uint8Array(sealed), {
      headers: {
        'content-type': 'application/json',
        'content-disposition': `attachment; filename="${slug.replaceAll(/[^a-z0-9-]/g, '_')}.sealed-key.json"`,
        'cache-control': 'no-store, private',
      },
    })
  })
}
