/** Whether a client says that it takes an encoding (RFC 9110 §12.5.3): `header` is its Accept-Encoding. */
export function accepts(header: string | null | undefined, encoding: string): boolean {
  return (header ?? '')
    .toLowerCase()
    .split(',')
    .some((each) => {
      const [name, ...parameters] = each.split(';').map((part) => part.trim())
      return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
    })
}
