/** Where a link in a document leads inside the portal. */

/** An address of the portal, an anchor, a web address, or null for what the portal does not show. */
export function linkTarget(href: string, doc: string): string | null {
  if (href.startsWith('#') || /^https?:\/\//.test(href)) return href
  // Resolved as a browser would, below an origin that is nobody's.
  const base = `http://docs.invalid/docs/${doc}.md`
  if (!URL.canParse(href, base)) return null
  const { origin, pathname, hash } = new URL(href, base)
  const name = /^\/docs\/([a-z0-9/-]+)\.md$/.exec(pathname)?.[1]
  return origin === 'http://docs.invalid' && name !== undefined ? `/help/${name}${hash}` : null
}
