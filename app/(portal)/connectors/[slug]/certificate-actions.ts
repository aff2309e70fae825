/** Makes a connector's own certificate, and puts a new one in its place. */
'use server'

import { refresh } from 'next/cache'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import { OneConnectorSchema } from './schema'

export const makeCertificate = action('connector:manage', OneConnectorSchema, async (actor, { slug }) => {
  await server().intuneCertificates.make(actor, slug)
  refresh()
  return null
})

export const takeCertificate = action('connector:manage', OneConnectorSchema, async (actor, { slug }) => {
  await server().intuneCertificates.use(actor, slug)
  refresh()
  return null
})
