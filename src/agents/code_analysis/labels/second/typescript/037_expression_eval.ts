export class ExpressionError extends Error {}

type Token = { kind: 'num'; value: number } | { kind: 'name'; value: string } | { kind: 'op'; value: string };

const MAX_LENGTH = 300;
const MAX_DEPTH = 40;

function tokenize(source: string): Token[] {
  if (source.length > MAX_LENGTH) {
    throw new ExpressionError('expression too long');
  }
  const tokens: Token[] = [];
  const pattern = /\s*(?:(\d+(?:\.\d+)?)|([a-z_]+)|([-+*\/()]))/gy;
  const text = source.trimEnd();
  while (pattern.lastIndex < text.length) {
    const m = pattern.exec(text);
    if (!m) {
      throw new ExpressionError('unexpected character');
    }
    if (m[1] !== undefined) tokens.push({ kind: 'num', value: Number(m[1]) });
    else if (m[2] !== undefined) tokens.push({ kind: 'name', value: m[2] });
    else tokens.push({ kind: 'op', value: m[3] });
  }
  return tokens;
}

class Evaluator {
  private pos = 0;

  constructor(private readonly tokens: Token[], private readonly scope: ReadonlyMap<string, number>) {}

  run(): number {
    const value = this.sum(0);
    if (this.pos !== this.tokens.length) {
      throw new ExpressionError('trailing input');
    }
    return value;
  }

  private accept(...ops: string[]): string | null {
    const t = this.tokens[this.pos];
    if (t?.kind === 'op' && ops.includes(t.value)) {
      this.pos++;
      return t.value;
    }
    return null;
  }

  private sum(depth: number): number {
    let left = this.product(depth);
    for (let op = this.accept('+', '-'); op; op = this.accept('+', '-')) {
      const right = this.product(depth);
      left = op === '+' ? left + right : left - right;
    }
    return left;
  }

  private product(depth: number): number {
    let left = this.factor(depth);
    for (let op = this.accept('*', '/'); op; op = this.accept('*', '/')) {
      const right = this.factor(depth);
      left = op === '*' ? left * right : left / right;
    }
    return left;
  }

  private factor(depth: number): number {
    if (depth > MAX_DEPTH) throw new ExpressionError('too deeply nested');
    if (this.accept('-')) return -this.factor(depth + 1);
    if (this.accept('(')) {
      const inner = this.sum(depth + 1);
      if (!this.accept(')')) throw new ExpressionError('missing parenthesis');
      return inner;
    }
    const t = this.tokens[this.pos++];
    if (t?.kind === 'num') return t.value;
    if (t?.kind === 'name' && this.scope.has(t.value)) return this.scope.get(t.value) as number;
    throw new ExpressionError('operand expected');
  }
}

export function evaluate(source: string, scope: Record<string, number>): number {
  return new Evaluator(tokenize(source), new Map(Object.entries(scope))).run();
}
