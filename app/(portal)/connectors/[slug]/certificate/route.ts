/** The certificate with which a connector shows who it is, as the file that Entra takes. */
import { oneOf } from '@/app/_components/search-parameters'
import { download } from '@/app/_session'
import { server } from '@/lib/server'

export const dynamic = 'force-dynamic'

const WHICH = ['current', 'next'] as const

export async function GET(request: Request, { params }: { params: Promise<{ slug: string }> }) {
  const { slug } = await params
  const which = oneOf(WHICH, new URL(request.url).searchParams.get('which') ?? 'current')
  if (!which) return new Response('Which is current or next.\n', { status: 400 })
  return download('connector:read', async (actor) => {
    const der = await server().intuneCertificates.der(actor, slug, which)
    return new Response(new Uint8Array(der), {
      headers: {
        'content-type': 'application/pkix-cert',
        'content-disposition': `attachment; filename="latchkey-${slug.replaceAll(/[^a-z0-9-]/g, '')}.cer"`,
        'cache-control': 'no-store, private',
      },
    })
  })
}
