/** Remembers what was done for which sources, so that a second start does nothing twice. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ROOT } from './project.mjs'

const NOT_SOURCES = /(^|\/)(generated|testing|node_modules)(\/|$)|\.(test|spec)\.tsx?$/

/** Runs `work` unless the stamp says it was done for exactly these files and folders. */
export async function once(stamp, sources, work) {
  const hash = hashOf(sources)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  await work()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, hash)
}

/** By content: a checkout changes all dates. */
function hashOf(sources) {
  const hash = createHash('sha256').update(process.platform + process.arch)
  for (const file of sources.flatMap((source) => filesIn(join(ROOT, source)))) {
    hash.update(`\0${relative(ROOT, file)}\0`).update(readFileSync(file))
  }
  return hash.digest('hex')
}

function filesIn(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path).sort()
  return names
    .map((name) => join(path, name))
    .filter((child) => !NOT_SOURCES.test(relative(ROOT, child)))
    .flatMap(filesIn)
}

/** One script at a time installs and builds. A lock whose owner died is taken over. */
export async function withLock(name, waiting, work) {
  const lock = join(ROOT, '.build', `${name}.lock`)
  mkdirSync(dirname(lock), { recursive: true })
  for (let told = false; !take(lock); told = true) {
    if (!told) waiting()
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  const letGo = () => rmSync(lock, { force: true })
  process.once('exit', letGo)
  try {
    return await work()
  } finally {
    process.off('exit', letGo)
    letGo()
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    if (!isAlive(Number(readOrEmpty(lock)))) rmSync(lock, { force: true })
    return false
  }
}

/** An empty lock was made this very moment; its owner is about to write its id. */
function isAlive(pid) {
  if (pid === 0) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function readOrEmpty(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
