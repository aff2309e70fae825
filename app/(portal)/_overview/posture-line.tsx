/** Under Health: how far the installation is from what keeps a network safe, which health alone does not say. */

import { server } from '@/lib/server'
import type { Actor } from '@/lib/services/actor'
import { HealthRow } from './health'
import { postureSentence, postureVerdict } from './posture-sentence'

export async function PostureLine({ actor }: { actor: Actor }) {
  const { score, checks } = await server().posture.get(actor)
  const wanting = checks.filter(({ accepted }) => accepted === null)
  return (
    <HealthRow verdict={postureVerdict(wanting)} href="/posture" title={`Posture ${score} of 100`}>
      {postureSentence(wanting)}
    </HealthRow>
  )
}
