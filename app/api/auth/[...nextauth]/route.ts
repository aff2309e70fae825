/** next-auth's endpoints, cut to those the portal calls: everything else is not found. */

import type { NextRequest } from 'next/server'
import NextAuth from 'next-auth'
import { authOptions, browserCookie, browserOf } from '@/app/_auth'
import { isSameOrigin, requestOrigin } from '@/app/_session'

export const dynamic = 'force-dynamic'

const GET_ALLOWED = ['csrf', 'providers', 'session']
const POST_ALLOWED = ['callback/credentials', 'signout']

type Context = { params: Promise<{ nextauth: string[] }> }

export async function GET(request: NextRequest, context: Context) {
  const { nextauth } = await context.params
  if (!GET_ALLOWED.includes(nextauth.join('/'))) return new Response(null, { status: 404 })
  return answer(request, context)
}

export async function POST(request: NextRequest, context: Context) {
  const { nextauth } = await context.params
  if (!POST_ALLOWED.includes(nextauth.join('/'))) return new Response(null, { status: 404 })
  if (!(await isSameOrigin())) return new Response(null, { status: 403 })
  return answer(request, context)
}

async function answer(request: NextRequest, context: Context): Promise<Response> {
  const browser = browserOf(request)
  const response: Response = await NextAuth(request, context, await authOptions(await requestOrigin(), browser))
  if (browser.issued !== null) response.headers.append('set-cookie', browserCookie(browser.issued))
  response.headers.set('cache-control', 'no-store, private')
  return response
}
