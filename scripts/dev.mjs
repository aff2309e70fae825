/** npm run dev: Latchkey as it is, with Next's development server, started again whenever server/ or lib/ change. */
import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { bundle, prepare } from './prepare.mjs'
import { BUILD, main, nodeBinary, ROOT } from './project.mjs'

await main(async () => {
  await prepare({ say: console.log, portal: false })
  let child = start()
  let timer
  let restarting = Promise.resolve()
  let ending = false

  const restart = async () => {
    await bundle().catch((error) => console.error(error.message))
    await stop(child)
    if (!ending) child = start()
  }
  for (const folder of ['server', 'lib']) {
    watch(join(ROOT, folder), { recursive: true }, (_, name) => {
      if (!name?.endsWith('.ts') || name.includes('generated')) return
      clearTimeout(timer)
      timer = setTimeout(() => {
        restarting = restarting.then(restart)
      }, 300)
    })
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      ending = true
      restarting.then(() => stop(child)).then((code) => process.exit(code ?? 0))
    })
})

function start() {
  const env = { ...process.env, NODE_ENV: 'development' }
  return spawn(nodeBinary(), [join(BUILD, 'start.mjs')], { cwd: ROOT, env, stdio: ['pipe', 'inherit', 'inherit'] })
}

function stop(child) {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => {
    child.once('close', resolve)
    child.stdin.end()
  })
}
