/** "Test connection": a made-up request, and in a sentence what came of asking about it. */
import { generateKeyPairSync } from 'node:crypto'
import { buildCsr, parseCsr } from '@/lib/pki/csr'
import { toldBy } from './validator-verdict'
import type { Validator, ValidatorCalls, ValidatorFault } from './validators'
import { questionBody } from './webhook-body'

export interface TestResult {
  /** `allow` and `deny` both show that it works. */
  result: 'allow' | 'deny' | ValidatorFault
  works: boolean
  sentence: string
}

/** Nothing that any validator should allow; it names itself, so that its operator knows it in the log. */
const CHALLENGE = 'LATCHKEYCONNECTIONTEST'

const ADVICE: Record<ValidatorFault, string> = {
  url_refused: 'Use https://. Plain http:// is for hosts that LATCHKEY_OUTBOUND_ALLOW names.',
  dns_failed: 'Check the host name, and that this machine can look it up.',
  address_refused:
    'Allow the host below if it is a private address of yours. Addresses of this machine itself only LATCHKEY_OUTBOUND_ALLOW can allow.',
  connect_failed: 'Check the port, the firewall, and that the validator runs.',
  tls_failed: 'Check its certificate: name, end, and an authority that this machine trusts (NODE_EXTRA_CA_CERTS).',
  timeout: 'It is slower than its time-out. Look at its load, or allow it more time.',
  answer_too_large: 'An answer is a small JSON document. Check the address.',
  connection_lost: 'Check what stands between us: a proxy, a load balancer.',
  status: 'Check the address, the secret and the credential. A refusal is HTTP 200 with {"allow": false}.',
  not_json: 'An answer is JSON such as {"allow": true}. Check the address.',
  circuit_open: 'Wait half a minute.',
  credentials: 'Make a new secret, and enter the credential again.',
}

export async function probeValidator(
  calls: Pick<ValidatorCalls, 'ask'>,
  validator: Validator,
  now: Date,
): Promise<TestResult> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = [{ type: 'CN', value: 'connection test' }]
  const csr = parseCsr(buildCsr({ subject, challengePassword: CHALLENGE, privateKey }))
  const id = crypto.randomUUID()
  const body = questionBody({
    at: now,
    endpoint: 'connection-test',
    endpointId: id,
    csr,
    sendCsr: validator.sendCsr,
    challenge: CHALLENGE,
    transactionId: `test-${id}`,
    messageType: 19,
    clientAddress: null,
    signerDer: null,
  })
  // Somebody is looking: a pause that the circuit breaker made does not keep them from it.
  const asked = await calls.ask({ ...validator, failures: 0 }, id, body)
  if (!asked.asked) return { result: asked.fault, works: false, sentence: `${asked.detail} ${ADVICE[asked.fault]}` }
  const { verdict } = asked
  if (verdict.verdict === 'allow')
    return {
      result: 'allow',
      works: true,
      sentence: 'It answered and allowed the made-up request. Make sure that it does not allow every request.',
    }
  const { code, message } = toldBy(verdict)
  const why = [code, message].filter((part) => part !== '').join(': ')
  return {
    result: 'deny',
    works: true,
    sentence: `It answered and refused the made-up request${why === '' ? '' : ` (${why})`}, as it should.`,
  }
}
