/** Next calls this once when its server starts: an environment that is not right stops it here, with every fault named. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { config } = await import('@/lib/config')
  config()
}
