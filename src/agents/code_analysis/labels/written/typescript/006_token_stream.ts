export type TokenKind = 'word' | 'number' | 'string' | 'symbol';

export interface Token {
  kind: TokenKind;
  text: string;
  line: number;
}

const SYMBOLS = new Set(['{', '}', '=', ';', ',']);

const isDigit = (char: string): boolean => char >= '0' && char <= '9';
const isWord = (char: string): boolean => /[\w-]/.test(char);

export class TokenStream {
  private position = 0;
  private line = 1;

  constructor(private readonly source: string) {}

  *[Symbol.iterator](): Generator<Token> {
    while (this.position < this.source.length) {
      const char = this.source[this.position];
      if (char === '\n') this.line += 1;
      if (/\s/.test(char)) {
        this.position += 1;
      } else if (char === '"') {
        yield this.quoted();
      } else if (SYMBOLS.has(char)) {
        this.position += 1;
        yield { kind: 'symbol', text: char, line: this.line };
      } else if (isWord(char)) {
        yield this.word();
      } else {
        throw new SyntaxError(`unexpected ${char} on line ${this.line}`);
      }
    }
  }

  private quoted(): Token {
    const end = this.source.indexOf('"', this.position + 1);
    if (end < 0) {
      throw new SyntaxError(`open quotation mark on line ${this.line}`);
    }
    const text = this.source.slice(this.position + 1, end);
    this.position = end + 1;
    return { kind: 'string', text, line: this.line };
  }

  private word(): Token {
    const start = this.position;
    while (this.position < this.source.length && isWord(this.source[this.position])) {
      this.position += 1;
    }
    const text = this.source.slice(start, this.position);
    return { kind: [...text].every(isDigit) ? 'number' : 'word', text, line: this.line };
  }
}
