/** Whom Postgres runs as: ourselves, or, since it refuses to run as root, a system user without rights. */
import { execFileSync, spawnSync } from 'node:child_process'
import { PostgresFault } from './fault'

export interface OperatingSystemUser {
  /** Absent when it is ourselves. */
  ids?: { uid: number; gid: number }
  name: string
}

const NAME = 'postgres'

export function postgresUser(): OperatingSystemUser {
  if (process.getuid?.() !== 0) return { name: 'the current user' }
  const ids = idsOf(NAME) ?? create()
  if (ids) return { name: NAME, ids }
  throw new PostgresFault(
    `Postgres does not run as root, and the system user "${NAME}" could not be created; create it, run Latchkey as an ordinary user, or set DATABASE_URL.`,
  )
}

/** Whether that user can enter a folder. Asked of the operating system, which also knows about mounts and access lists. */
export function canEnter(user: OperatingSystemUser, folder: string): boolean {
  return runs(user, '/bin/sh', ['-c', 'cd "$1"', 'sh', folder])
}

/** Whether that user can run a program of Postgres. */
export function canRun(user: OperatingSystemUser, path: string): boolean {
  return runs(user, path, ['--version'])
}

function runs(user: OperatingSystemUser, command: string, args: string[]): boolean {
  return spawnSync(command, args, { ...user.ids, cwd: '/', stdio: 'ignore' }).status === 0
}

function create(): { uid: number; gid: number } | null {
  // Debian, Fedora and their kin have useradd; Alpine and other small systems have BusyBox's adduser.
  const attempts: [string, string[]][] = [
    [
      'useradd',
      [
        '--system',
        '--user-group',
        '--no-create-home',
        '--home-dir',
        '/nonexistent',
        '--shell',
        '/usr/sbin/nologin',
        NAME,
      ],
    ],
    ['adduser', ['-S', '-D', '-H', '-s', '/sbin/nologin', NAME]],
  ]
  for (const [command, args] of attempts) {
    if (spawnSync(command, args, { stdio: 'ignore' }).status === 0) return idsOf(NAME)
  }
  return null
}

function idsOf(name: string): { uid: number; gid: number } | null {
  try {
    const id = (flag: string) =>
      Number.parseInt(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }), 10)
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return null
  }
}
