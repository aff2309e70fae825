/** The form, and once minted the value, which lives in this page's memory and nowhere else. */
'use client'

import { useRef, useState } from 'react'
import type { MintedChallenge } from '@/lib/services/challenges'
import { MintForm } from './mint-form'
import { Minted } from './minted'

export interface EndpointChoice {
  slug: string
  name: string
  group: string
  ttlMinutes: number
  includeRoot: boolean
  rootUrl: string
  issuerUrl: string
  issuerFingerprint: string
}

export function MintFlow({ choices, chosen }: { choices: EndpointChoice[]; chosen: string | undefined }) {
  const [minted, setMinted] = useState<MintedChallenge | null>(null)
  const top = useRef<HTMLDivElement>(null)
  const first = choices.find(({ slug }) => slug === (minted?.endpoint ?? chosen)) ?? choices[0]
  if (!first) return null
  return (
    <div ref={top} className="scroll-mt-20">
      {minted ? (
        <Minted minted={minted} endpoint={first} onAnother={() => setMinted(null)} />
      ) : (
        <MintForm
          choices={choices}
          first={first}
          onMinted={(value) => {
            setMinted(value)
            top.current?.scrollIntoView()
          }}
        />
      )}
    </div>
  )
}
