import { vendorErrors, type VendorError, type VendorErrorName } from '@avatar-bridge/heygen-client';

/** Thrown by whatever handles a vendor's request; answered as the vendor answers errors. */
export class VendorFailure extends Error {
  override name = 'VendorFailure';
  readonly status: number;
  readonly code: number | undefined;
  constructor(error: Pick<VendorError, 'status' | 'code' | 'message'>) {
    super(error.message);
    this.status = error.status;
    this.code = error.code;
  }

  /** An error that was seen at the vendor. */
  static of(name: VendorErrorName): VendorFailure {
    return new VendorFailure(vendorErrors[name]);
  }

  /**
   * A request that breaks the schema. The vendor's answer to that isn't known: status, code and words are the
   * double's own.
   */
  static invalid(message: string): VendorFailure {
    return new VendorFailure({ status: 400, code: 400_000, message: `Invalid parameters: ${message}` });
  }

  body(): { code?: number; message: string } {
    return { ...(this.code !== undefined && { code: this.code }), message: this.message };
  }
}
