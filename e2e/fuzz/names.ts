/** Whom every challenge, template and validator means, whatever a request asks for. */
export const SUBJECT = 'CN=tablet-7,O=Example'
export const SAN = [{ type: 'dns', value: 'tablet-7.example' }] as const
