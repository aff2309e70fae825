/** Takes authorities in, and keys of roots out and back. Files go from the form to the service, and nowhere else. */
'use server'

import { refresh } from 'next/cache'
import { redirect } from 'next/navigation'
import { action } from '@/app/_actions'
import { server } from '@/lib/server'
import {
  AcceptCertificateSchema,
  AuthorityFileSchema,
  AuthorityRequestSchema,
  AuthoritySchema,
  ImportPkcs12Schema,
  ImportRootSchema,
  WithdrawRequestSchema,
} from './schema'

export const importRoot = action('authority:manage', ImportRootSchema, async (actor, { file }) => {
  const root = await server().authorityImports.importRoot(actor, await bytesOf(file))
  redirect(`/authorities/${root.slug}`)
})

export const importPkcs12 = action('authority:manage', ImportPkcs12Schema, async (actor, { file, password }) => {
  const { authorityImports } = server()
  const authority = await authorityImports.importPkcs12(actor, await bytesOf(file), Buffer.from(password, 'utf8'))
  redirect(`/authorities/${authority.slug}`)
})

export const requestAuthority = action('authority:manage', AuthorityRequestSchema, async (actor, form) => {
  const request = await server().authorityImports.createRequest(actor, form)
  redirect(`/authorities/requests/${request.id}`)
})

export const acceptCertificate = action('authority:manage', AcceptCertificateSchema, async (actor, { id, file }) => {
  const issuer = await server().authorityImports.acceptCertificate(actor, id, await bytesOf(file))
  redirect(`/authorities/${issuer.slug}`)
})

export const withdrawRequest = action(
  'authority:manage',
  WithdrawRequestSchema,
  async (actor, { id }): Promise<null> => {
    await server().authorityImports.withdrawRequest(actor, id)
    redirect('/authorities')
  },
)

export const importCrl = action('authority:manage', AuthorityFileSchema, async (actor, { slug, file }) => {
  const imported = await server().authorityImports.importCrl(actor, slug, await bytesOf(file))
  refresh()
  return imported
})

export const chooseForNewIssuers = action('authority:manage', AuthoritySchema, async (actor, { slug }) => {
  await server().authorityImports.chooseForNewIssuers(actor, slug)
  refresh()
  return null
})

export const takeOffline = action('authority:manage', AuthorityFileSchema, async (actor, { slug, file }) => {
  await server().authorityImports.takeOffline(actor, slug, await bytesOf(file))
  refresh()
  return null
})

export const bringBack = action('authority:manage', AuthorityFileSchema, async (actor, { slug, file }) => {
  await server().authorityImports.bringBack(actor, slug, await bytesOf(file))
  refresh()
  return null
})

async function bytesOf(file: File): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer())
}
