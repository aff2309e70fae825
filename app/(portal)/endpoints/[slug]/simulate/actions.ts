/** Asks for a verdict. It changes nothing, but counts: nobody guesses challenges here. */
'use server'

import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { SimulationSchema } from './schema'

export const simulateRequest = action('simulation:run', SimulationSchema, async (actor, { slug, request }) =>
  server().simulation.simulate(actor, slug, request),
)
