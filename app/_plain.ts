/** One sentence as text, for programs and for people who try an address in a browser. Kept by nobody. */
export function plain(status: number, sentence: string, headers: Record<string, string> = {}): Response {
  return new Response(`${sentence}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store, private', ...headers },
  })
}
