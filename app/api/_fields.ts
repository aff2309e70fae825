/** Fields that many API schemas share. Text from outside never holds control characters or lone surrogates. */
import { z } from 'zod'

/** A moment on its way out: a Date inside, ISO 8601 in UTC in the document. */
export const instant = z
  .date()
  .transform((date) => date.toISOString())
  .pipe(z.iso.datetime())
  .meta({ description: 'A moment in UTC, ISO 8601.' })

/** A moment on its way in, with any offset, between 1970 and 9999: beyond, the database knows no such moment. */
export const moment = z.iso
  .datetime({ offset: true })
  .refine((text) => isOrdinaryYear(new Date(text).getUTCFullYear()), { error: 'The year is from 1970 to 9999.' })
  .transform((text) => new Date(text))

const isOrdinaryYear = (year: number) => year >= 1970 && year <= 9999

/** Not a pattern: the document's readers run on many regular expression engines. */
const isPlain = (value: string) => !/[\p{Cc}\p{Cs}]/u.test(value)

export const text = (longest: number) =>
  z.string().max(longest).refine(isPlain, { error: 'Holds a control character.' })

/** A name somebody gives: not empty, no spaces around it. */
export const name = (longest: number) =>
  text(longest).regex(/^\S(?:.*\S)?$/, 'Is empty, or begins or ends with a space.')

export const slug = z.string().regex(/^[a-z0-9-]{1,64}$/, 'Lower-case letters, digits and hyphens, 64 at most.')

/** A password is taken as it is: the rules for it live with the service. */
export const password = z.string().min(1).max(128)

/** `limit` and `cursor` of every list. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'How many items at most, 1 to 200.' }),
  cursor: text(512)
    .min(1)
    .exactOptional()
    .meta({ description: 'nextCursor of the page before. Opaque: do not build it.' }),
}

/** Parts a list's query into the page and the filter, as the services take them. */
export function pageAndFilter<T extends { limit: number; cursor?: string }>({ limit, cursor, ...filter }: T) {
  return { page: { limit, ...(cursor === undefined ? {} : { cursor }) }, filter }
}

export const pageOf = <T extends z.ZodType>(id: string, item: T) =>
  z
    .object({
      items: z.array(item),
      nextCursor: z.string().nullable().meta({ description: 'Pass it as cursor for the next page; null on the last.' }),
    })
    .meta({ id })
