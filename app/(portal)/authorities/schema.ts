/** What the forms about authorities may say. */
import { z } from 'zod'
import { ISSUER_KEYS } from '@/app/(portal)/groups/issuer-keys'

const slug = z.string().min(1).max(100)
const id = z.uuid()
const file = z.instanceof(File, { error: 'Choose a file.' })

export const ImportRootSchema = z.strictObject({ file })

export const ImportPkcs12Schema = z.strictObject({
  file,
  password: z.string().min(1, 'Give the password of the file.').max(1_000, 'This is no password of a file.'),
})

export const AuthorityRequestSchema = z.strictObject({
  name: z.string().trim().min(1, 'Name the issuer.').max(64, 'At most 64 characters: it goes into its certificate.'),
  issuerKey: z.enum(ISSUER_KEYS).default('rsa3072'),
})

export const AcceptCertificateSchema = z.strictObject({ id, file })

export const WithdrawRequestSchema = z.strictObject({ id })

export const AuthoritySchema = z.strictObject({ slug })

export const AuthorityFileSchema = z.strictObject({ slug, file })
