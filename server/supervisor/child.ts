/** One process of ours, started again when it dies, and ended with us. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { StartFault } from './fault'
import { BUILD_FOLDER } from './folders'
import { onLines } from './log'

export interface ChildOptions {
  name: 'signer' | 'front' | 'web'
  env: NodeJS.ProcessEnv
  /** For Node itself: what the process may not do. */
  flags: string[]
  /** Resolves to true once the process answers. */
  probe(): Promise<boolean>
  line(text: string): void
  /** The process says that it cannot work as things are; trying again would not help. */
  onRefusal(): void
}

export interface Child {
  /** Starts it and waits until it answers. */
  start(): Promise<void>
  /** SIGTERM, and SIGKILL for one that does not listen. */
  stop(): Promise<void>
  /** Asks the process something over its channel. */
  ask<T>(question: string): Promise<T>
  pid(): number | undefined
}

/** EX_CONFIG of sysexits.h. */
const REFUSAL = 78
const FIRST_PAUSE = 250
const LONGEST_PAUSE = 15_000
/** A process that ran this long was healthy, and its next death is a new story. */
const HEALTHY_AFTER = 30_000
const READY_WITHIN = 60_000
const STOP_WITHIN = 15_000

export function createChild(options: ChildOptions): Child {
  let child: ChildProcess | undefined
  let stopping = false
  let started = false
  let pause = FIRST_PAUSE
  let complaints: string[] = []
  let timer: NodeJS.Timeout | undefined

  function launch(): void {
    // Its own process group, so that Ctrl-C reaches it through us and in order; a pipe whose end tells it that we died.
    child = spawn(process.execPath, [...options.flags, join(BUILD_FOLDER, `${options.name}.mjs`)], {
      env: options.env,
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
      detached: true,
    })
    child.stdin?.on('error', () => {})
    if (child.stdout) onLines(child.stdout, options.line)
    if (child.stderr) {
      onLines(child.stderr, (line) => {
        // Until it runs, what it complains about may be why it does not, and then it is told once, by whoever started us.
        if (started) options.line(line)
        else complaints.push(line)
      })
    }
    const since = Date.now()
    child.on('close', (code, signal) => ended(code, signal, Date.now() - since))
  }

  function ended(code: number | null, signal: NodeJS.Signals | null, lived: number): void {
    child = undefined
    if (stopping || !started) return
    if (code === REFUSAL) return options.onRefusal()
    if (lived > HEALTHY_AFTER) pause = FIRST_PAUSE
    options.line(`ended (${signal ?? `exit code ${code}`}); starting again`)
    timer = setTimeout(launch, pause)
    pause = Math.min(pause * 2, LONGEST_PAUSE)
  }

  async function start(): Promise<void> {
    if (stopping) throw new StartFault(`The ${options.name} process was told to stop.`)
    launch()
    const patience = Date.now() + READY_WITHIN
    while (!(await options.probe())) {
      if (!child) throw new StartFault(complaints.at(-1) ?? `The ${options.name} process ended while it was starting.`)
      if (Date.now() > patience) throw new StartFault(`The ${options.name} process does not answer.`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    started = true
    for (const line of complaints) options.line(line)
    complaints = []
  }

  async function stop(): Promise<void> {
    stopping = true
    clearTimeout(timer)
    const running = child
    if (!running) return
    const gone = new Promise((resolve) => running.once('close', resolve))
    running.kill('SIGTERM')
    const impatience = setTimeout(() => running.kill('SIGKILL'), STOP_WITHIN)
    await gone
    clearTimeout(impatience)
  }

  function ask<T>(question: string): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!child) return reject(new Error(`${options.name} is not running`))
      child.once('message', (answer) => resolve(answer as T))
      child.once('close', () => reject(new StartFault(`The ${options.name} process ended while it was starting.`)))
      child.send(question, (error) => error && reject(error))
    })
  }

  return { start, stop, ask, pid: () => child?.pid }
}
