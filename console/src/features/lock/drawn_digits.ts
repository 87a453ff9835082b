// A password that is proposed for a lock.

const DIGITS = 8;

/** Eight digits, each as likely as any other. */
export function drawnDigits(): string {
  let digits = '';
  while (digits.length < DIGITS) {
    // 250 is the largest multiple of ten in a byte: beyond it the low digits would come more often.
    for (const byte of crypto.getRandomValues(new Uint8Array(DIGITS))) {
      if (byte < 250 && digits.length < DIGITS) digits += String(byte % 10);
    }
  }
  return digits;
}
