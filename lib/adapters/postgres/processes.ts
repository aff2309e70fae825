/** Which process is which: a process id alone says little, for it is given out again, in a container within seconds. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A text that no other process on this machine has had under this id, or null when there is no such process. */
export function identityOf(pid: number): string | null {
  if (process.platform === 'linux') {
    const stat = readOrNull(`/proc/${pid}/stat`)
    if (!stat) return null
    // The command in parentheses may hold anything; state is the first field behind it, the start time the twentieth.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? null : `${fields[19]}`
  }
  return ps(pid, 'lstart=')
}

/** The command line of a process, or null. */
export function commandOf(pid: number): string | null {
  if (process.platform === 'linux') return readOrNull(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') ?? null
  return ps(pid, 'command=')
}

export function isAlive(pid: number): boolean {
  return identityOf(pid) !== null
}

/** "pid identity", to be kept in a file and compared later. */
export function mark(pid = process.pid): string {
  return `${pid} ${identityOf(pid)}`
}

/** Whether the process that left this mark still runs. */
export function markHolds(text: string): boolean {
  const [, pid, identity] = /^(\d+) (.+)$/.exec(text.trim()) ?? []
  return pid !== undefined && identityOf(Number(pid)) === identity
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function ps(pid: number, column: string): string | null {
  try {
    return (
      execFileSync('ps', ['-o', column, '-p', String(pid)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim() || null
    )
  } catch {
    return null
  }
}
