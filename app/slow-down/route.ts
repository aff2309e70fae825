/** Where a page sends whoever asks too fast: a page itself cannot answer with this status. */
import { plain } from '@/app/_plain'

export const dynamic = 'force-dynamic'

export function GET(): Response {
  return plain(429, 'Too many requests in a minute. Go back, and try again in a few seconds.', { 'retry-after': '5' })
}
