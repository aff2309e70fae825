/** Reads what the server says while it verifies, line by line as it arrives. */
import type { AuditVerification } from '@/lib/services/audit'
import type { VerificationLine } from './verification/route'

export type VerificationEnd = { step: 'done'; verdict: AuditVerification } | { step: 'failed'; sentence: string }

const BROKEN_OFF = 'The verification was broken off, so nothing is known of the chain. Try again.'

export async function readVerification(
  signal: AbortSignal,
  onProgress: (checked: number, of: number) => void,
): Promise<VerificationEnd> {
  try {
    const answer = await fetch('/audit/verification', { method: 'POST', signal })
    if (!answer.ok || !answer.body) return { step: 'failed', sentence: (await answer.text()).trim() || BROKEN_OFF }
    let rest = ''
    for (const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader(); ; ) {
      const { done, value } = await reader.read()
      if (done) return { step: 'failed', sentence: BROKEN_OFF }
      const lines = (rest + value).split('\n')
      rest = lines.pop() ?? ''
      for (const text of lines) {
        const line = JSON.parse(text) as VerificationLine
        if ('verdict' in line) return { step: 'done', verdict: withTimes(line.verdict) }
        if ('failed' in line) return { step: 'failed', sentence: BROKEN_OFF }
        onProgress(line.checked, line.of)
      }
    }
  } catch {
    return { step: 'failed', sentence: BROKEN_OFF }
  }
}

/** JSON has no moments. */
function withTimes(verdict: AuditVerification): AuditVerification {
  const { covered } = verdict
  if (!covered) return verdict
  const [first, last] = [covered.first, covered.last].map((place) => ({ ...place, time: new Date(place.time) }))
  return first && last ? { ...verdict, covered: { first, last } } : verdict
}
