/** What each of our processes is told: settings that were checked, and nothing of what else is in our environment. */
import type { Config } from '@/lib/config'

/** Of the surrounding environment, only this is handed on; LATCHKEY_TEST_… is for tests that break things on purpose. */
const HANDED_ON = /^(PATH|HOME|TMPDIR|LANG|LC_[A-Z]+|TZ|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|LATCHKEY_TEST_[A-Z_]+)$/

export function childEnvironment(config: Config): NodeJS.ProcessEnv {
  const surroundings = Object.entries(process.env).filter(([name]) => HANDED_ON.test(name))
  return {
    ...Object.fromEntries(surroundings),
    NODE_ENV: process.env.NODE_ENV === 'development' ? 'development' : 'production',
    DATABASE_URL: config.databaseUrl,
    LATCHKEY_CRL_SHARDS: config.crlShards ? 'on' : 'off',
    LATCHKEY_DATA_DIR: config.dataDir,
    LATCHKEY_LOG: config.log,
    LATCHKEY_OUTBOUND_ALLOW: config.outboundAllow.map(written).join(','),
    LATCHKEY_SIGNER_SOCKET: config.signerSocket,
    LATCHKEY_TRUSTED_PROXIES: config.trustedProxies.join(','),
    LATCHKEY_WEB_SOCKET: config.webSocket,
    PORT: String(config.port),
    PUBLIC_URL: config.publicUrl.origin,
    STATUS_URL: config.statusUrl.origin,
    ...(config.host ? { HOST: config.host } : {}),
  }
}

function written({ host, port, prefix, plain }: Config['outboundAllow'][number]): string {
  const name = host.includes(':') && prefix === null && port !== null ? `[${host}]` : host
  return `${plain ? 'http://' : ''}${name}${prefix === null ? '' : `/${prefix}`}${port === null ? '' : `:${port}`}`
}

/** The signer alone gets the key-encryption key. */
export function signerEnvironment(config: Config): NodeJS.ProcessEnv {
  const { LATCHKEY_KEK, LATCHKEY_KEK_FILE } = process.env
  return {
    ...childEnvironment(config),
    ...(LATCHKEY_KEK ? { LATCHKEY_KEK } : {}),
    ...(LATCHKEY_KEK_FILE ? { LATCHKEY_KEK_FILE } : {}),
  }
}

/** Next and next-auth read their settings from the environment. */
export function webEnvironment(config: Config): NodeJS.ProcessEnv {
  return { ...childEnvironment(config), NEXTAUTH_URL: config.publicUrl.origin, NEXT_TELEMETRY_DISABLED: '1' }
}
