/** The text without the secrets of at least 6 characters. A vendor's error may repeat what it was sent. */
export function redact(text: string, secrets: readonly (string | undefined)[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (!secret || secret.length < 6) continue;
    for (const form of new Set([secret, encodeURIComponent(secret)]))
      clean = clean.replaceAll(form, '[redacted]');
  }
  return clean;
}

/** Whether a credential can go into a header at all. */
export function isHeaderSafe(credential: string): boolean {
  return /^[\x21-\x7e]+$/.test(credential);
}
