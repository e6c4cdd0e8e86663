const NONCE_BYTES = 12;

export class FieldSealer {
  private constructor(private readonly key: CryptoKey) {}

  static async create(raw: Uint8Array<ArrayBuffer>): Promise<FieldSealer> {
    if (raw.byteLength !== 32) {
      throw new RangeError('a 32 byte key is needed');
    }
    const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
    return new FieldSealer(key);
  }

  async seal(text: string, context: string): Promise<string> {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const data = await crypto.subtle.encrypt(
      { name: 'AES-GCM', iv: nonce, additionalData: new TextEncoder().encode(context) },
      this.key,
      new TextEncoder().encode(text),
    );
    return Buffer.concat([nonce, new Uint8Array(data)]).toString('base64url');
  }

  async open(sealed: string, context: string): Promise<string | null> {
    const raw = new Uint8Array(Buffer.from(sealed, 'base64url'));
    if (raw.byteLength <= NONCE_BYTES) {
      return null;
    }
    try {
      const data = await crypto.subtle.decrypt(
        {
          name: 'AES-GCM',
          iv: raw.slice(0, NONCE_BYTES),
          additionalData: new TextEncoder().encode(context),
        },
        this.key,
        raw.slice(NONCE_BYTES),
      );
      return new TextDecoder().decode(data);
    } catch {
      return null;
    }
  }
}
