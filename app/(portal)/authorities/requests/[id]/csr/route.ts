/** A request as a file, PEM. */
import { download } from '@/app/_session'
import { server } from '@/lib/server'

export const dynamic = 'force-dynamic'

export async function GET(_request: Request, { params }: { params: Promise<{ id: string }> }) {
  const { id } = await params
  return download('group:read', async (actor) => {
    const { csrPem } = await server().authorityImports.getRequest(actor, id)
    return new Response(csrPem, {
      headers: {
        'content-type': 'application/x-pem-file',
        'content-disposition': `attachment; filename="issuer-${id.slice(0, 8)}.csr"`,
        'cache-control': 'no-store, private',
      },
    })
  })
}
