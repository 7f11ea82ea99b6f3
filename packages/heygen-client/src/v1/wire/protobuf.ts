/** The little of protobuf's wire format that the vendor's three messages need. */

/**
 * A field as it stands on the wire: varints as bigint, length-delimited ones as bytes, fixed ones as bytes.
 */
export type WireField = { field: number; value: bigint | Uint8Array };

/** Writes fields in the order of the calls. What is undefined or the default of proto3 is left out. */
export class Writer {
  readonly #bytes: number[] = [];

  varint(field: number, value: bigint | undefined): this {
    if (value === undefined || value === 0n) return this;
    this.#tag(field, 0);
    this.#varint(BigInt.asUintN(64, value));
    return this;
  }

  string(field: number, value: string | undefined): this {
    return value === undefined ? this : this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.message(field, value);
  }

  /** Like bytes, but written even when empty: presence is what a oneof is about. */
  message(field: number, value: Uint8Array): this {
    this.#tag(field, 2);
    this.#varint(BigInt(value.length));
    for (const byte of value) this.#bytes.push(byte);
    return this;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #tag(field: number, wireType: number): void {
    this.#varint(BigInt((field << 3) | wireType));
  }

  #varint(value: bigint): void {
    let rest = value;
    while (rest > 0x7fn) {
      this.#bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#bytes.push(Number(rest));
  }
}

/** The fields that bytes hold, in order; undefined when they are not protobuf. */
export function readFields(bytes: Uint8Array): WireField[] | undefined {
  const fields: WireField[] = [];
  let at = 0;

  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) return undefined;
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    return undefined;
  };
  const take = (length: number): Uint8Array | undefined => {
    if (length > bytes.length - at) return undefined;
    at += length;
    return bytes.subarray(at - length, at);
  };

  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined) return undefined;
    const field = Number(tag >> 3n);
    if (field === 0) return undefined;
    let value: bigint | Uint8Array | undefined;
    switch (Number(tag & 7n)) {
      case 0:
        value = varint();
        break;
      case 1:
        value = take(8);
        break;
      case 2: {
        const length = varint();
        value = length === undefined ? undefined : take(Number(length));
        break;
      }
      case 5:
        value = take(4);
        break;
      default:
        return undefined;
    }
    if (value === undefined) return undefined;
    fields.push({ field, value });
  }
  return fields;
}
