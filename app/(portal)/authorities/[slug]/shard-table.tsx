/** The parts of an issuer's revocation list: each is what the certificates that name it are checked with. */
import { Download } from 'lucide-react'
import { Badge } from '@/app/_components/badge'
import { CopyButton } from '@/app/_components/copy-button'
import { CrlFreshness } from '@/app/_components/crl-state'
import { type Column, DataTable } from '@/app/_components/data-table'
import { Instant } from '@/app/_components/instant'
import { bytesOf } from '@/app/_components/size'
import type { CrlListView } from '@/lib/services/crl-lists'

export function ShardTable({ name, shards, now }: { name: string; shards: CrlListView[]; now: Date }) {
  return (
    <DataTable
      caption={`Shards of the revocation list of ${name}`}
      columns={columns(now)}
      rows={shards}
      rowKey={({ shard }) => String(shard)}
    />
  )
}

function columns(now: Date): Column<CrlListView>[] {
  return [
    {
      head: 'Shard',
      primary: true,
      cell: ({ shard, open, crl }) => (
        <span className="flex flex-wrap items-center gap-2">
          {shard}
          {open && <Badge tone="accent">Filling</Badge>}
          <CrlFreshness crl={crl} now={now} />
        </span>
      ),
    },
    { head: 'Certificates', cell: ({ certificates }) => (certificates ?? 0).toLocaleString('en') },
    { head: 'Number', cell: ({ crl }) => crl?.number ?? '–' },
    { head: 'Entries', cell: ({ crl }) => crl?.entries.toLocaleString('en') ?? '–' },
    { head: 'Size', cell: ({ crl }) => (crl ? bytesOf(crl.size) : '–') },
    { head: 'Published', cell: ({ crl }) => (crl ? <Instant at={crl.thisUpdate} show="relative" /> : '–') },
    { head: 'Good until', cell: ({ crl }) => (crl ? <Instant at={crl.nextUpdate} /> : '–') },
    {
      head: 'Download',
      quiet: true,
      cell: ({ authority, shard, url }) => (
        <span className="flex items-center gap-1">
          <a
            href={`/crl/${authority.slug}/${shard}.crl`}
            download
            aria-label={`Download shard ${shard}`}
            className="rounded p-1.5 text-muted hover:text-ink"
          >
            <Download className="size-4" aria-hidden />
          </a>
          <CopyButton value={url} what={`URL of shard ${shard}`} />
        </span>
      ),
    },
  ]
}
