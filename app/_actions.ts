/** The one door for server actions: who asks, may they, is the form sound, the service, a refusal put into words. */
import 'server-only'
import { redirect, unstable_rethrow } from 'next/navigation'
import type { z } from 'zod'
import { isRefusal } from '@/lib/errors'
import { server } from '@/lib/server'
import type { RequestOrigin } from '@/lib/services/access'
import type { Actor } from '@/lib/services/actor'
import { canInGroups, type Permission } from '@/lib/services/permissions'
import type { Action, Refused } from './_components/action-state'
import { currentActor, isSameOrigin, keepPace, recordDenied, recordingDenied, requestOrigin } from './_session'
import { logFault } from './api/_log'

/** Enough for quick hands, too little for a script (contract security.md §13). */
const CHANGES_PER_MINUTE = 60
const STRANGER_TRIES = { limit: 20, windowSeconds: 15 * 60 }

/** `permission` null: whoever is signed in, about themselves. */
export function action<Schema extends z.ZodType, Result>(
  permission: Permission | null,
  schema: Schema,
  work: (actor: Actor, form: z.output<Schema>) => Promise<Result>,
): Action<Result> {
  return (_previous, form) =>
    answered(async () => {
      await keepPace()
      const actor = await currentActor()
      if (!actor) redirect('/sign-in')
      // The services hold an operator to their groups, or refuse them.
      if (permission !== null && !canInGroups(actor, permission)) {
        await recordDenied(actor, permission)
        return refused('Your role does not allow this. Ask an administrator.')
      }
      await server().access.limit(`ui:change:${actor.sessionId ?? actor.id}`, CHANGES_PER_MINUTE, 60)
      if (permission === null) return checked(schema, form, (values) => work(actor, values))
      return recordingDenied(actor, permission, () => checked(schema, form, (values) => work(actor, values)))
    })
}

/** For the one page that nobody can be signed in for: set-up. What it may do is decided by the token it carries. */
export function strangerAction<Schema extends z.ZodType, Result>(
  schema: Schema,
  work: (origin: RequestOrigin, form: z.output<Schema>) => Promise<Result>,
): Action<Result> {
  return (_previous, form) =>
    answered(async () => {
      const origin = await requestOrigin()
      await server().access.limit(
        `ui:setup:${origin.ip ?? 'local'}`,
        STRANGER_TRIES.limit,
        STRANGER_TRIES.windowSeconds,
      )
      return checked(schema, form, (values) => work(origin, values))
    })
}

async function answered<Result>(work: () => Promise<Awaited<ReturnType<Action<Result>>>>): ReturnType<Action<Result>> {
  try {
    if (!(await isSameOrigin())) {
      return refused(`Open Latchkey at ${server().urls.publicUrl.origin}: this page was opened under another address.`)
    }
    return await work()
  } catch (error) {
    unstable_rethrow(error)
    if (isRefusal(error)) return refused(error.sentence, error.fields, error.retryAfterSeconds)
    const { requestId } = await requestOrigin()
    logFault('portal.action', requestId, error)
    return refused(`This did not work, and the fault is ours. Try again; if it stays, name reference ${requestId}.`)
  }
}

async function checked<Schema extends z.ZodType, Result>(
  schema: Schema,
  form: FormData,
  work: (values: z.output<Schema>) => Promise<Result>,
): ReturnType<Action<Result>> {
  const values = formValues(form)
  const fields: Record<string, string> = {}
  // No browser sends it and no column of text holds it: whoever does would hear that the fault is ours.
  for (const [name, value] of Object.entries(values))
    if ([value].flat().some((each) => typeof each === 'string' && each.includes('\0')))
      fields[name] = 'This holds a character that cannot be kept (U+0000).'
  if (Object.keys(fields).length > 0) return refused('Something in the form needs another look.', fields)
  const parsed = schema.safeParse(values)
  if (parsed.success) return { status: 'done', result: await work(parsed.data) }
  for (const issue of parsed.error.issues) fields[String(issue.path[0] ?? '')] ??= issue.message
  return refused('Something in the form needs another look.', fields)
}

/** Fields as an object; a name that ends in [] is a list, in the order of the page. React's own fields begin with $. */
function formValues(form: FormData): Record<string, unknown> {
  const values = new Map<string, unknown>()
  for (const name of new Set(form.keys())) {
    if (name.startsWith('$')) continue
    if (name.endsWith('[]')) values.set(name.slice(0, -2), form.getAll(name))
    else values.set(name, form.get(name))
  }
  return Object.fromEntries(values)
}

function refused(sentence: string, fields: Readonly<Record<string, string>> = {}, retryAfterSeconds?: number): Refused {
  return { status: 'refused', sentence, fields, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) }
}
