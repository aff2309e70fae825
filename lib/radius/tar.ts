/** A tar archive (POSIX ustar) of text files: so small a format needs no library. */

const BLOCK = 512

export interface ArchivedFile {
  path: string
  text: string
  mode: number
}

export function tar(files: readonly ArchivedFile[], modified: Date): Uint8Array {
  const parts = files.flatMap(({ path, text, mode }) => {
    const content = Buffer.from(text, 'utf8')
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)
    return [header(path, content.length, mode, modified), content, padding]
  })
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

function header(path: string, length: number, mode: number, modified: Date): Buffer {
  if (Buffer.byteLength(path) > 100) throw new Error('a path of more than 100 octets')
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  block.write(path, 0)
  block.write(octal(mode, 7), 100)
  block.write(octal(0, 7), 108)
  block.write(octal(0, 7), 116)
  block.write(octal(length, 11), 124)
  block.write(octal(Math.floor(modified.getTime() / 1000), 11), 136)
  block.write(' '.repeat(8), 148)
  block.write('0', 156)
  block.write('ustar\u000000', 257)
  const sum = block.reduce((total, octet) => total + octet, 0)
  block.write(`${octal(sum, 6)} `, 148)
  return block
}
