/** Where to go after signing in: a path of this portal, and nothing that a browser could read as another host. */
export function localPath(wanted: string | undefined): string {
  if (!wanted?.startsWith('/') || /^\/[/\\]|[\\\p{Cc}]/u.test(wanted)) return '/'
  return /^\/(api|sign-in|setup|_next)(\/|\?|$)/.test(wanted) ? '/' : wanted
}
