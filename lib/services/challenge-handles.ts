/** What the database has instead of a challenge's value: keyed hashes that hold at one endpoint alone. */
import type { Signer } from './signer'

/** Under today's key, for a challenge that is being minted. */
export async function handleHash(signer: Pick<Signer, 'mac'>, endpointId: string, value: string): Promise<Uint8Array> {
  return signer.mac('challenge', keyed(endpointId, value))
}

/** Under every key that live challenges may have been minted with, newest first. */
export async function handleHashes(
  signer: Pick<Signer, 'challengeHandles'>,
  endpointId: string,
  value: string,
): Promise<Uint8Array[]> {
  return signer.challengeHandles(keyed(endpointId, value))
}

/** The endpoint is part of the input, so a challenge is unknown everywhere else. */
function keyed(endpointId: string, value: string): Uint8Array {
  return Buffer.from(`${endpointId}\0${value}`, 'utf8')
}
