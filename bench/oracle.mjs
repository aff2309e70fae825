/** npm run bench -- oracle [--tries 2000] [--floor 10]: does the time of an answer tell why an envelope did not open? */
import { join } from 'node:path'
import { bundleTool } from '../scripts/prepare.mjs'
import { BUILD } from '../scripts/project.mjs'

await bundleTool('bench-oracle', 'bench/oracle.ts')
await import(join(BUILD, 'bench-oracle.mjs'))
