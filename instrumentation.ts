/** Next calls this once when its server starts: an environment that is not right stops it here, with every fault named. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { config, ConfigurationError } = await import('@/lib/config')
  try {
    config()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    for (const problem of error.problems) console.error(problem)
    process.exit(1)
  }
}
