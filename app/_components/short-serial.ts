/** Enough of a serial to tell rows apart; the certificate's page has all of it. */
export function shortSerial(serial: string): string {
  return serial.length > 12 ? `${serial.slice(0, 4)}…${serial.slice(-6)}` : serial
}
