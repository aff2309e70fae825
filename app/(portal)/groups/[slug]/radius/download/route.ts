/** The configuration of a RADIUS server, or its authorities alone, as tar.gz. */
import { download } from '@/app/_session'
import { configurationOf } from '@/app/(portal)/groups/[slug]/radius/configuration-choices'
import { server } from '@/lib/server'

export const dynamic = 'force-dynamic'

export async function GET(request: Request, { params }: { params: Promise<{ slug: string }> }) {
  const { slug } = await params
  const { searchParams } = new URL(request.url)
  return download('network:read', async (actor) => {
    const wanted = configurationOf(slug, searchParams)
    const { radiusConfiguration } = server()
    const { name, bytes } = searchParams.has('authorities')
      ? await radiusConfiguration.authorities(actor, wanted.groups)
      : await radiusConfiguration.archive(actor, wanted)
    return new Response(new Uint8Array(bytes), {
      headers: {
        'content-type': 'application/gzip',
        'content-disposition': `attachment; filename="${name}"`,
        'cache-control': 'no-store, private',
      },
    })
  })
}
