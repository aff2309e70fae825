/** One profile of an endpoint, as a file. */
import { readParameters } from '@/app/_components/search-parameters'
import { download } from '@/app/_session'
import { PROFILE_PARAMETERS, wishesOf } from '@/app/(portal)/endpoints/[slug]/profiles/profile-wishes'
import { server } from '@/lib/server'

export const dynamic = 'force-dynamic'

export async function GET(request: Request, { params }: { params: Promise<{ slug: string; kind: string }> }) {
  const { slug, kind } = await params
  return download('endpoint:read', async (actor) => {
    const given = Object.fromEntries(new URL(request.url).searchParams)
    const wishes = wishesOf(await readParameters(Promise.resolve(given), PROFILE_PARAMETERS))
    const { fileName, contentType, content } = await server().mdmProfiles.file(actor, slug, kind, wishes)
    return new Response(typeof content === 'string' ? content : new Uint8Array(content), {
      headers: {
        'content-type': contentType,
        'content-disposition': `attachment; filename="${fileName}"`,
        'cache-control': 'no-store, private',
      },
    })
  })
}
