/** Recomputes the whole hash chain. */
'use server'

import { z } from 'zod'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'

export const verifyChain = action('audit:verify', z.strictObject({}), (actor) => server().audit.verify(actor))
