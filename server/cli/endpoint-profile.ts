/** latchkey endpoint profile: what devices are configured with to enrol at an endpoint. */
import { MDM_DIALECTS, NAMED_BY } from '@/lib/services/mdm-profile-types'
import { command, given, UsageFault } from './command'
import { refuseExisting, writeNewFile } from './files'
import { table } from './text'

export const endpointProfile = command({
  name: 'endpoint profile',
  summary: 'List the profiles of an endpoint, or write one',
  details:
    'Without --kind it lists what there is. Without --out a profile goes to standard output. No secret is in it.',
  argument: 'SLUG',
  options: {
    kind: { value: 'KIND', description: 'Which one, such as apple, intune-windows-scep or wpa-supplicant' },
    mdm: { value: 'MDM', description: 'Whose variables stand for the names of devices', choices: MDM_DIALECTS },
    'named-by': { value: 'WHAT', description: 'What a device is called in its certificate', choices: NAMED_BY },
    subject: { value: 'SUBJECT', description: 'The whole subject instead; may hold variables of the MDM' },
    ssid: { value: 'NAME', description: "Wireless network; empty for none. The group's first one unless given" },
    radius: { value: 'NAME', description: 'Name in the certificates of the RADIUS servers', repeats: true },
    out: { value: 'FILE', description: 'Write it there' },
    force: { description: 'Replace that file' },
  },
  examples: [
    'endpoint profile staff',
    'endpoint profile staff --kind apple --mdm jamf --ssid Corp --radius radius.example.com --out staff.mobileconfig',
  ],
  async run({ argument, options, withServices, io }) {
    const { kind, mdm, subject, ssid, radius, out, force } = options
    const wishes = given({
      mdm,
      namedBy: options['named-by'],
      subject,
      ssid,
      radius: radius.length === 0 ? undefined : radius.join(','),
    })
    if (kind === undefined) {
      if (out !== undefined) throw new UsageFault('Say which profile with --kind.')
      const { platforms, certificates } = await withServices((services, actor) =>
        services.mdmProfiles.overview(actor, argument, wishes),
      )
      const items = [...platforms.flatMap(({ documents }) => documents), ...certificates].map((document) => ({
        kind: document.kind,
        title: document.title,
        fileName: document.fileName,
        contentType: document.contentType,
      }))
      const rows = items.map((item) => [item.kind, item.fileName, item.title])
      return { json: { items }, text: table(['KIND', 'FILE', 'WHAT'], rows, 'There are none.') }
    }
    if (out !== undefined) await refuseExisting(out, force)
    const { fileName, contentType, content } = await withServices((services, actor) =>
      services.mdmProfiles.file(actor, argument, kind, wishes),
    )
    const bytes = Buffer.from(content)
    const described = { kind, fileName, contentType }
    if (out !== undefined) {
      await writeNewFile(out, bytes, { mode: 0o644, force })
      return { json: { ...described, file: out }, text: `Wrote ${out}.` }
    }
    if (!io.json) io.write(bytes)
    return {
      json: { ...described, content: typeof content === 'string' ? content : bytes.toString('base64') },
      text: '',
    }
  },
})
