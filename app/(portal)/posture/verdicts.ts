/** How a verdict looks: a word, a shape and a tone. */
import { CircleCheck, CircleDashed, type LucideIcon, OctagonX, TriangleAlert } from 'lucide-react'
import type { Tone } from '@/app/_components/badge'
import type { PostureVerdict } from '@/lib/services/posture-types'

export const VERDICTS: Record<PostureVerdict, { text: string; tone: Tone; icon: LucideIcon; className: string }> = {
  open: { text: 'Open', tone: 'bad', icon: OctagonX, className: 'text-bad' },
  attention: { text: 'Attention', tone: 'warn', icon: TriangleAlert, className: 'text-warn' },
  pass: { text: 'Passes', tone: 'ok', icon: CircleCheck, className: 'text-ok' },
  none: { text: 'Nothing to judge', tone: 'neutral', icon: CircleDashed, className: 'text-faint' },
}
