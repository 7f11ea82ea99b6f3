import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const cipher = 'aes-256-gcm';
const ivLength = 12;
const tagLength = 16;

/**
 * Keeps secrets where others can read: what a next owner needs to go on with a vendor session lies in Redis,
 * and the key does not.
 */
export class Seal {
  readonly #key: Buffer;

  /** @param secret known to all workers that shall be able to open what one of them has sealed */
  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'avatar-bridge vendor session', 32));
  }

  seal(secrets: Readonly<Record<string, string>>): string {
    const iv = randomBytes(ivLength);
    const encrypt = createCipheriv(cipher, this.#key, iv);
    const sealed = Buffer.concat([encrypt.update(JSON.stringify(secrets), 'utf8'), encrypt.final()]);
    return Buffer.concat([iv, encrypt.getAuthTag(), sealed]).toString('base64url');
  }

  /** @returns undefined for what was sealed with another secret, or tampered with */
  open(sealed: string): Record<string, string> | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < ivLength + tagLength) return undefined;
    try {
      const decrypt = createDecipheriv(cipher, this.#key, bytes.subarray(0, ivLength));
      decrypt.setAuthTag(bytes.subarray(ivLength, ivLength + tagLength));
      const opened = Buffer.concat([decrypt.update(bytes.subarray(ivLength + tagLength)), decrypt.final()]);
      return JSON.parse(opened.toString('utf8')) as Record<string, string>;
    } catch {
      return undefined;
    }
  }
}
