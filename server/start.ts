/** npm start: prepares the database, then runs signer, web and front, starts again what dies, and ends all of them together. */
import { settings } from '@/lib/config'
import { createChildren } from './supervisor/children'
import { report, StartFault } from './supervisor/fault'
import { type OpenInstallation, openInstallation } from './supervisor/installation'
import { announce } from './supervisor/instances'
import { createLog } from './supervisor/log'
import { assertPortFree } from './supervisor/probe'
import { whenAskedToStop } from './supervisor/signals'

const REVIVE_EVERY = 2_000

interface SetupLink {
  token: string
  expiresAt: string
}

const say = (sentence: string) => void process.stdout.write(`${sentence}\n`)

async function main(): Promise<void> {
  const chosen = settings()
  await assertPortFree(chosen.host, chosen.port)
  const stopAsked = whenAskedToStop()
  const installation = await openInstallation(chosen, say)
  try {
    await serve(installation, stopAsked)
  } finally {
    await installation.release()
  }
}

async function serve({ config, runFolder, revive }: OpenInstallation, stopAsked: Promise<void>): Promise<void> {
  const log = createLog(config.log)
  const refused = Promise.withResolvers<never>()
  const children = createChildren(config, runFolder, log, (name) =>
    refused.reject(new StartFault(`The ${name} process refuses to go on; its last lines say why.`)),
  )
  const withdraw = announce(runFolder, {
    ...config,
    publicUrl: config.publicUrl.origin,
    statusUrl: config.statusUrl.origin,
  })
  const watch = setInterval(() => revive().catch((error: Error) => log('database', error.message)), REVIVE_EVERY)
  try {
    const ready = children
      .start()
      .then(() => welcome(config.publicUrl, children.front.ask<SetupLink | null>('setup-link')))
    await Promise.race([ready, stopAsked, refused.promise])
    await Promise.race([stopAsked, refused.promise])
    say('Stopping ...')
  } finally {
    clearInterval(watch)
    withdraw()
    await children.stop()
  }
}

async function welcome(publicUrl: URL, setupLink: Promise<SetupLink | null>): Promise<void> {
  const link = await setupLink
  say(`Latchkey is ready at ${publicUrl.origin}`)
  // The token is the fragment: browsers keep it to themselves, so it is in no server's or proxy's log.
  if (link)
    say(`Set up Latchkey (this link works once, until ${link.expiresAt}): ${publicUrl.origin}/setup#${link.token}`)
}

main().then(
  () => process.exit(0),
  (error) => {
    report(error)
    process.exit(1)
  },
)
