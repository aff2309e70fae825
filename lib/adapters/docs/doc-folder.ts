/** What lies beside the portal's code for people to read: README.md with its list, docs/, and the list of packages. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DocFolder } from '@/lib/services/help'

/** `project` is the folder that holds README.md. */
export function docFolder(project: string): DocFolder {
  const docs = join(/* turbopackIgnore: true */ project, 'docs')
  return {
    async names() {
      const files = await readdir(docs, { recursive: true })
      return files.filter((file) => file.endsWith('.md')).map((file) => file.slice(0, -'.md'.length))
    },
    read: (name) => readFile(/* turbopackIgnore: true */ join(docs, `${name}.md`), 'utf8'),
    readme: () => readFile(/* turbopackIgnore: true */ join(project, 'README.md'), 'utf8'),
  }
}

export function lockFile(project: string): () => Promise<string> {
  return () => readFile(/* turbopackIgnore: true */ join(project, 'package-lock.json'), 'utf8')
}
