/** Why the embedded Postgres cannot be used here, as one sentence for the person who started Latchkey. */
export class PostgresFault extends Error {
  constructor(sentence: string) {
    super(sentence)
    this.name = 'PostgresFault'
  }
}
