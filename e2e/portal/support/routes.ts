/** Every page and route handler there is, read from app/, so that a new one without its door is noticed. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Paths as Next names them, such as /groups/[slug], without route groups. */
export function pageRoutes(): string[] {
  return routesOf('page.tsx')
}

export function handlerRoutes(): string[] {
  return routesOf('route.ts')
}

function routesOf(file: string): string[] {
  return readdirSync(join(process.cwd(), 'app'), { recursive: true, encoding: 'utf8' })
    .map((path) => path.split('/'))
    .filter((segments) => segments.at(-1) === file)
    .map(
      (segments) =>
        `/${segments
          .slice(0, -1)
          .filter((segment) => !segment.startsWith('('))
          .join('/')}`,
    )
    .sort()
}

/** With real names in place of parameters; `values` says whole segments, such as '/groups/[slug]': '/groups/staff'. */
export function pathOf(route: string, values: Readonly<Record<string, string>>): string {
  const path = Object.entries(values).reduce((text, [pattern, value]) => text.replace(pattern, value), route)
  if (path.includes('[')) throw new Error(`${route} needs a value`)
  return path
}

export interface ServerAction {
  id: string
  name: string
  /** A page that has it, as Next names it. */
  route: string
}

/** From the list that the build writes: their ids are in every browser that ever opened the page. */
export function serverActions(): ServerAction[] {
  const manifest = readFileSync(join(process.cwd(), '.next', 'server', 'server-reference-manifest.json'), 'utf8')
  const { node } = JSON.parse(manifest) as {
    node: Record<string, { workers: Record<string, unknown>; exportedName: string }>
  }
  return Object.entries(node).map(([id, { workers, exportedName }]) => {
    const page = Object.keys(workers)[0] ?? ''
    const route =
      page
        .replace(/^app/, '')
        .replace(/\/page$/, '')
        .replace(/\/\([^)]*\)/g, '') || '/'
    return { id, name: exportedName, route }
  })
}

/** What React sends for an action of ours: the state before, and the form. */
export function actionBody(form: Readonly<Record<string, string>>): FormData {
  const body = new FormData()
  for (const [name, value] of Object.entries(form)) body.append(`1_${name}`, value)
  body.append('0', '[{"status":"idle"},"$K1"]')
  return body
}

/** Ten at a time: a test of all of them would have one limit of time for ten times the work. */
export function inParts(routes: readonly string[]): { routes: readonly string[]; name: string }[] {
  return Array.from({ length: Math.ceil(routes.length / 10) }, (_, part) => {
    const own = routes.slice(part * 10, part * 10 + 10)
    return { routes: own, name: `${own[0]} to ${own.at(-1)}` }
  })
}
