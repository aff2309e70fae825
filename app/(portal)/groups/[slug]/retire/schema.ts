/** What the forms about a group's retirement may say. */
import { z } from 'zod'

const group = z.string().min(1).max(100)

export const RetireSchema = z.strictObject({ group, confirmation: z.string().max(200) })

export const ReopenSchema = z.strictObject({ group })
