/** A certificate as a file: PEM, DER, or with its chain. */
import { oneOf } from '@/app/_components/search-parameters'
import { download } from '@/app/_session'
import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'

export const dynamic = 'force-dynamic'

const FORMATS = ['pem', 'der', 'chain'] as const

export async function GET(request: Request, { params }: { params: Promise<{ id: string }> }) {
  const { id } = await params
  const format = oneOf(FORMATS, new URL(request.url).searchParams.get('format') ?? 'pem')
  if (!format) return new Response('The format is pem, der or chain.\n', { status: 400 })
  return download('certificate:read', async (actor) => {
    const { body, name, type } = await file(actor, id, format)
    return new Response(body, {
      headers: {
        'content-type': type,
        'content-disposition': `attachment; filename="${name}"`,
        'cache-control': 'no-store, private',
      },
    })
  })
}

/** The name holds only the serial, whose characters are hexadecimal. */
async function file(actor: Actor, id: string, format: (typeof FORMATS)[number]) {
  if (format === 'der') {
    const { der, serial } = await server().certificates.der(actor, id)
    return { body: new Uint8Array(der), name: `${serial}.cer`, type: 'application/pkix-cert' }
  }
  const { pem, chainPem, serial } = await server().certificates.get(actor, id)
  return format === 'pem'
    ? { body: pem, name: `${serial}.pem`, type: 'application/x-pem-file' }
    : { body: chainPem, name: `${serial}-chain.pem`, type: 'application/x-pem-file' }
}
