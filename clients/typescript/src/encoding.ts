const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Decodes base64url to UTF-8 text. React Native before 0.74 has no `atob`. */
export function decodeBase64Url(encoded: string): string {
  let escaped = "";
  let value = 0;
  let bits = 0;
  for (const character of encoded) {
    value = ((value << 6) | BASE64URL.indexOf(character)) & 0xfff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    escaped += `%${hex((value >> bits) & 0xff)}`;
  }
  return decodeURIComponent(escaped);
}

/**
 * A new idempotency key: 128 random bits as 32 hexadecimal digits. Browsers have `randomUUID` only on secure pages, so it is not used.
 * React Native has no `crypto`. There the key consists of the time and ten bytes of `Math.random`. That is enough: a key need not
 * be secret, only unique among the requests of one user.
 */
export function newIdempotencyKey(): string {
  const source = globalThis.crypto as Crypto | undefined;
  if (source) return Array.from(source.getRandomValues(new Uint8Array(16)), hex).join("");
  const random = Array.from({ length: 10 }, () => hex(Math.floor(Math.random() * 256)));
  return Date.now().toString(16).padStart(12, "0") + random.join("");
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
