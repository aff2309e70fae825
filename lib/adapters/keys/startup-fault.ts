/** Why the signer did not start: one sentence for the operator, and an exit code for the supervisor. */

/** sysexits.h. 78: the settings are wrong, starting again is of no use. 69: something it needs is down, try again. */
export const EXIT = { config: 78, unavailable: 69, software: 70 } as const

export class StartupFault extends Error {
  readonly sentence: string
  readonly exitCode: number

  constructor(sentence: string, exitCode: number = EXIT.config) {
    super(sentence)
    this.name = 'StartupFault'
    this.sentence = sentence
    this.exitCode = exitCode
  }
}
