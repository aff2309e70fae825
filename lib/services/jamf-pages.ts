/** Many calls of which so many run at once: results in order, and the first fault ends it. */

export async function atMost<T, R>(most: number, items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length)
  let next = 0
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) {
      try {
        results[at] = await work(items[at] as T)
      } catch (error) {
        next = items.length
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker))
  return results
}

/** Reads ahead by so many pages, and hands them over in order: no more than those are ever held. */
export async function* readAhead<R>(
  most: number,
  pages: number,
  read: (page: number) => Promise<R>,
): AsyncGenerator<R> {
  const under: Promise<R>[] = []
  let next = 0
  const begin = () => {
    const page = read(next++)
    // It is awaited later; until then its fault is nobody's.
    page.catch(() => {})
    under.push(page)
  }
  while (next < pages && under.length < most) begin()
  while (under.length > 0) {
    const page = await (under.shift() as Promise<R>)
    if (next < pages) begin()
    yield page
  }
}
