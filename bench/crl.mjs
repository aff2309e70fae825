/** npm run bench -- crl [--million] [--no-pkijs]: seconds, memory and stalls of revocation lists of 1,000 entries and more. */
import { join } from 'node:path'
import { bundleTool } from '../scripts/prepare.mjs'
import { BUILD } from '../scripts/project.mjs'

for (const part of ['main', 'signer', 'front', 'pkijs']) await bundleTool(`bench-crl-${part}`, `bench/crl/${part}.ts`)
await import(join(BUILD, 'bench-crl-main.mjs'))
