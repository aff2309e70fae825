/** The kinds of names the form offers. Apart from the schema, so that the browser need not load the validator. */

export const SAN_TYPES = ['dns', 'email', 'uri', 'upn', 'ip'] as const
/** Beyond the common name, which has a field of its own. */
export const RDN_TYPES = ['O', 'OU', 'C', 'ST', 'L', 'SERIALNUMBER', 'UID', 'DC', 'E'] as const
