/** The beginning of a body: enough to see that it is too large, and no more is read. */
export async function firstBytes(request: Request, most: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = request.body.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value)
    length += part.value.length
    if (length >= most) {
      await reader.cancel()
      break
    }
  }
  return Buffer.concat(chunks, length).subarray(0, most)
}
