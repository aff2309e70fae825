/** A digest that breaks between its pairs, after the colon, and copies as one. */
import { Fragment } from 'react'
import { formatFingerprint } from './fingerprint'

export function Digest({ hex }: { hex: string }) {
  const pairs = formatFingerprint(hex).split(':')
  return pairs.map((pair, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the pairs of a digest never move.
    <Fragment key={index}>
      {index > 0 && (
        <>
          :<wbr />
        </>
      )}
      {pair}
    </Fragment>
  ))
}
